import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import { type FakeAnswer, FakeApiServer, type FakeHandler } from '../fake/fake-api-server';
import { VppError } from '../vpp-error';
import { builtInDefinition } from './built-in/built-in-definition';
import type { BuiltInMessages } from './built-in/messages';
import { VppClient, type VppClientOptions } from './client';
import { frameOf } from './frame';

describe('a client of VPP', () => {
  let folder: string;
  let socketPath: string;
  let server: FakeApiServer;
  const clients: VppClient<BuiltInMessages>[] = [];

  const handlers = new Map<string, FakeHandler>([
    ['cnat_translation_del', ({ id }): FakeAnswer => ({ reply: { retval: id === 7 ? -6 : 0 } })],
    ['npol_ipset_create', ({ type }): FakeAnswer => ({ reply: { set_id: 100 + Number(type) } })],
    ['want_interface_events', (): FakeAnswer => ({ reply: {} })],
    [
      'acl_dump',
      ({ acl_index }): FakeAnswer => ({
        details: (acl_index === 0 ? [] : [1, 2, 3]).map((index) => ({ acl_index: index, tag: `acl ${index}`, r: [] })),
      }),
    ],
  ]);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-vpp-'));
    socketPath = join(folder, 'api.sock');
    server = new FakeApiServer(builtInDefinition(), handlers);
    await server.listen(socketPath);
  });

  afterEach(async () => {
    server.setFaults({});
    server.dropClients();
    for (const client of clients.splice(0)) await client.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  async function connect(options: Partial<VppClientOptions> = {}): Promise<VppClient<BuiltInMessages>> {
    const client = await VppClient.connect<BuiltInMessages>({
      socketPath,
      definition: builtInDefinition(),
      ...options,
    });
    clients.push(client);
    return client;
  }

  async function failure(promise: Promise<unknown>): Promise<VppError> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason) => reason,
    );
    if (error instanceof VppError) return error;
    throw new Error(`no VppError, but ${String(error)}`);
  }

  const lostState = (client: VppClient<BuiltInMessages>) =>
    firstValueFrom(client.state$.pipe(filter(({ kind }) => kind === 'lost')));
  const connectedState = (client: VppClient<BuiltInMessages>) =>
    firstValueFrom(client.state$.pipe(filter(({ kind }) => kind === 'connected')));

  it('asks and is answered, many times at once, each by its own answer', async () => {
    const client = await connect();
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) => client.request('npol_ipset_create', { type: index % 3 })),
    );
    expect(answers.map(({ set_id }) => set_id)).to.deep.equal(
      Array.from({ length: 500 }, (_, index) => 100 + (index % 3)),
    );
  });

  it('never has more under way than it was told', async () => {
    server.setFaults({ isStalled: true });
    const client = await connect({ maxInFlight: 4, maxWaiting: 3, keepAliveMs: 0 });
    const asked = Array.from({ length: 8 }, () => client.request('npol_ipset_create', { type: 0 }));
    expect((await failure(asked[7] as Promise<unknown>)).code).to.equal('PP_VPP_BUSY');
    while (server.received.length < 4) await new Promise((resolve) => setImmediate(resolve));
    expect(server.received).to.have.length(4);
    server.dropClients();
    const codes = await Promise.all(asked.map(async (promise) => (await failure(promise)).code));
    expect(codes.slice(0, 7)).to.deep.equal(Array.from({ length: 7 }, () => 'PP_VPP_LOST'));
  });

  it('says what VPP refused, by its own number', async () => {
    const error = await failure((await connect()).request('cnat_translation_del', { id: 7 }));
    expect(error).to.include({ code: 'PP_VPP_API_REFUSED', retval: -6, isRetriable: false });
  });

  it('gathers a stream up to its end, also an empty one, also when it comes in pieces', async () => {
    server.setFaults({ pieceBytes: 3 });
    const client = await connect();
    const acls = await client.dump('acl_dump', { acl_index: 0xffff_ffff });
    expect(acls.map(({ tag }) => tag)).to.deep.equal(['acl 1', 'acl 2', 'acl 3']);
    expect(await client.dump('acl_dump', { acl_index: 0 })).to.deep.equal([]);
  });

  it('hands out events', async () => {
    const client = await connect();
    await client.request('want_interface_events', { enable_disable: 1, pid: 1 });
    const seen = firstValueFrom(client.events$('sw_interface_event').pipe(take(2), toArray()));
    for (const index of [3, 4]) server.tell('sw_interface_event', { sw_if_index: index, flags: 1, deleted: false });
    expect((await seen).map(({ sw_if_index }) => sw_if_index)).to.deep.equal([3, 4]);
  });

  it('sends nothing that does not fit, and names the field', async () => {
    const client = await connect();
    const error = await failure(client.request('cnat_translation_del', { id: -1 }));
    expect(error).to.include({ code: 'PP_VPP_API_VALUE', isRetriable: false });
    expect(error.message).to.contain('cnat_translation_del.id: -1 is not a whole number');
    expect(server.received).to.deep.equal([]);
  });

  it('tells a message that VPP lacks from one that VPP has in another form', async () => {
    await server.stop();
    server = new FakeApiServer(builtInDefinition(), handlers, new Set(['npol_rule_delete']));
    await server.listen(socketPath);
    const changed = new Map(builtInDefinition().messages);
    const original = changed.get('npol_ipset_delete');
    if (original === undefined) throw new Error('no message');
    changed.set('npol_ipset_delete', { ...original, crc: '00000001' });
    const client = await connect({ definition: { ...builtInDefinition(), messages: changed } });
    expect(client.has('npol_ipset_delete')).to.equal(false);
    expect((await failure(client.request('npol_rule_delete', { rule_id: 1 }))).message).to.equal(
      'this VPP has no message npol_rule_delete',
    );
    const error = await failure(client.request('npol_ipset_delete', { set_id: 1 }));
    expect(error.code).to.equal('PP_VPP_API_MESSAGE_UNKNOWN');
    expect(error.message).to.equal(
      `this VPP has npol_ipset_delete in another form: ${original.crc}, where 00000001 is known`,
    );
  });

  it('gives up a request without an answer, and passes over one that comes late', async () => {
    server.setFaults({ isStalled: true });
    const client = await connect({ timeoutMs: 40, keepAliveMs: 0 });
    expect((await failure(client.request('npol_ipset_create', { type: 0 }))).code).to.equal('PP_VPP_TIMEOUT');
    server.setFaults({});
    expect((await client.request('npol_ipset_create', { type: 2 })).set_id).to.equal(102);
  });

  it('fails what is under way when VPP goes, at once, and connects again by itself', async () => {
    const client = await connect({ reconnectMs: { first: 1, most: 5 } });
    server.setFaults({ endAtRequest: 1 });
    const [first, second] = [
      client.request('npol_ipset_create', { type: 0 }),
      client.request('npol_ipset_create', { type: 1 }),
    ];
    expect(await failure(first)).to.include({ code: 'PP_VPP_LOST', isRetriable: true });
    expect((await failure(second)).code).to.equal('PP_VPP_LOST');
    expect((await failure(client.request('npol_ipset_create', { type: 1 }))).code).to.equal('PP_VPP_LOST');
    await connectedState(client);
    expect((await client.request('npol_ipset_create', { type: 1 })).set_id).to.equal(101);
  });

  it('connects again to a VPP that was restarted, and uses the number that this one gave it', async () => {
    const client = await connect({ reconnectMs: { first: 1, most: 5 } });
    const lost = lostState(client);
    await server.stop();
    await lost;
    server = new FakeApiServer(builtInDefinition(), handlers);
    await server.listen(socketPath);
    await connectedState(client);
    await client.request('npol_ipset_create', { type: 1 });
    expect(server.received.at(-1)?.values.client_index).to.equal(0);
  });

  it('takes a VPP that says nothing at all for lost', async () => {
    const client = await connect({ timeoutMs: 20, keepAliveMs: 20, reconnectMs: { first: 60_000, most: 60_000 } });
    server.setFaults({ isStalled: true });
    const state = await lostState(client);
    expect(state).to.have.property('error').with.property('message', 'VPP gives no sign of life');
  });

  it('answers VPP when it asks for a sign of life', async () => {
    await connect();
    server.tell('memclnt_keepalive', { context: 9 });
    while (server.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(server.received[0]?.name).to.equal('memclnt_keepalive_reply');
  });

  for (const [what, bytes] of [
    ['a length that no message has', Buffer.from('0000000000000000ffffffff00000000', 'hex')],
    ['an answer that is cut short', frameOf(Buffer.from([0, 0]))],
  ] as const) {
    it(`fails with a typed error, hangs nowhere and goes on, after ${what}`, async () => {
      const client = await connect({ timeoutMs: 50, keepAliveMs: 0, reconnectMs: { first: 1, most: 5 } });
      server.setFaults({ nextAnswer: bytes });
      const error = await failure(client.request('npol_ipset_create', { type: 0 }));
      expect(error.code).to.be.oneOf(['PP_VPP_API_REPLY', 'PP_VPP_TIMEOUT']);
      server.setFaults({});
      await connectedState(client);
      expect((await client.request('npol_ipset_create', { type: 0 })).set_id).to.equal(100);
    });
  }

  it('waits for the last answer before it hangs up: VPP throws away what it has not read', async () => {
    const client = await connect();
    const asked = client.request('npol_ipset_create', { type: 0 });
    await client.close();
    expect((await asked).set_id).to.equal(100);
    expect((await failure(client.request('npol_ipset_create', { type: 0 }))).code).to.equal('PP_VPP_LOST');
  });

  it('cannot connect to what is no VPP, or to nothing', async () => {
    const error = await failure(connect({ socketPath: join(folder, 'nothing.sock') }));
    expect(error).to.include({ code: 'PP_VPP_LOST', isRetriable: true });
  });
});
