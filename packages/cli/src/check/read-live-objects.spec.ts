import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EMPTY, NEVER, type Observable, of, Subject, startWith } from 'rxjs';
import { CoreError, loadManifests, type ResourceChange, type Source, type SourceBatch } from '@polyplane/core';
import { ApiServer, hastyScheduler, refusal, SimulatedClock } from '@polyplane/core/testing';
import { kubeconfigOf } from '../testing/kubeconfig';
import { PATIENCE, readLiveObjects, readOnce } from './read-live-objects';

const { resources } = loadManifests(
  '{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: b}}',
  'x',
);
const changes = resources.map(({ resource }): ResourceChange => ({ op: 'put', resource }));
const forbidden = { error: new CoreError('PP_CLUSTER_FORBIDDEN', 'pods may not be listed') };
const away = { error: new CoreError('PP_CLUSTER_UNREACHABLE', 'connection refused') };
const faulty = { error: new CoreError('PP_OBJECT_INVALID', 'Service a/b: spec.ports: needs a port') };

const batch = (rest: Partial<SourceBatch>): SourceBatch => ({ changes: [], problems: [], isInSync: false, ...rest });

/** What reading comes to after some simulated seconds, and what was told on the way. */
async function readFor(
  seconds: number,
  batches$: Observable<SourceBatch>,
): Promise<{ readonly outcome: unknown; readonly told: readonly string[] }> {
  const clock = new SimulatedClock();
  const source: Source = { batches$ };
  const told: string[] = [];
  let outcome: unknown = 'waiting';
  const reading = readOnce(source, { name: 'https://api', scheduler: clock, tell: (text) => told.push(text) }).then(
    (objects) => {
      outcome = objects.resources.map(({ metadata }) => metadata.name);
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  await clock.advance(seconds * 1000);
  if (outcome !== 'waiting') await reading;
  return { outcome, told };
}

describe('reading a live cluster once', () => {
  it('ends when everything has been listed', async () => {
    const { outcome, told } = await readFor(
      0,
      of(batch({ changes: changes.slice(0, 1) }), batch({ changes: changes.slice(1), isInSync: true })),
    );
    expect([outcome, told]).to.deep.equal([['a', 'b'], []]);
  });

  it('gives the objects that are good beside those that are not', async () => {
    const source: Source = { batches$: of(batch({ changes, problems: [faulty], isInSync: true })) };
    const objects = await readOnce(source, { name: 'x' });
    expect(objects.resources).to.have.length(2);
    expect(objects.problems).to.deep.equal([faulty]);
  });

  it('gives up soon, and names every kind, where kinds may not be read', async () => {
    const nodes = { error: new CoreError('PP_CLUSTER_FORBIDDEN', 'nodes may not be listed') };
    const batches$ = NEVER.pipe(startWith(batch({ changes, problems: [forbidden, nodes] })));
    expect((await readFor(2, batches$)).outcome).to.equal('waiting');
    const { outcome } = await readFor(3, batches$);
    expect(outcome).to.be.instanceOf(CoreError).with.property('code', 'PP_CLUSTER_FORBIDDEN');
    expect(outcome).to.have.property('message', 'https://api: pods may not be listed\n  nodes may not be listed');
  });

  it('gives up soon on a server that cannot be reached', async () => {
    const { outcome } = await readFor(3, NEVER.pipe(startWith(batch({ problems: [away] }))));
    expect(outcome).to.be.instanceOf(CoreError).with.property('code', 'PP_CLUSTER_UNREACHABLE');
  });

  it('goes on where the trouble passes', async () => {
    const batches = new Subject<SourceBatch>();
    const clock = new SimulatedClock();
    const reading = readOnce({ batches$: batches }, { name: 'x', scheduler: clock });
    batches.next(batch({ problems: [away] }));
    await clock.advance(2000);
    batches.next(batch({ changes }));
    await clock.advance(30_000);
    batches.next(batch({ isInSync: true }));
    expect((await reading).resources).to.have.length(2);
  });

  it('does not take silence for an empty cluster, and says what it waits for', async () => {
    const { outcome, told } = await readFor(10, NEVER);
    expect(outcome).to.be.instanceOf(CoreError).with.property('code', 'PP_CLUSTER_UNREACHABLE');
    expect(told[0]).to.equal('waiting for https://api to list all of its objects; 0 so far');
    expect((await readFor(0, EMPTY)).outcome).to.be.instanceOf(CoreError);
  });

  it('gives a cluster that has begun to answer more time', async () => {
    const batches$ = NEVER.pipe(startWith(batch({ changes })));
    expect((await readFor(59, batches$)).outcome).to.equal('waiting');
    expect((await readFor(60, batches$)).outcome).to.be.instanceOf(CoreError);
  });
});

describe('reading the cluster that a kubeconfig names', () => {
  const services = '/api/v1/services';
  /** The reader's patience with trouble is over at the first trouble. */
  const impatient = hastyScheduler((delay) => delay === PATIENCE.trouble * 1000);
  let folder: string;
  let server: ApiServer;
  let kubeconfig: string;

  beforeEach(async () => {
    server = new ApiServer({ v1: { Service: 'services', Namespace: 'namespaces' } });
    await server.start();
    folder = mkdtempSync(join(tmpdir(), 'polyplane-kubeconfig-'));
    kubeconfig = join(folder, 'config');
    writeFileSync(kubeconfig, kubeconfigOf(server.url));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  const failure = (): Promise<unknown> =>
    readLiveObjects(kubeconfig, undefined, impatient).then(
      () => undefined,
      (error: unknown) => error,
    );

  it('gives no answer where a kind may not be read, and says which', async () => {
    server.faults.push({ path: services, answer: refusal(403, 'services is forbidden: User "ci" cannot list') });
    const error = await failure();
    expect(error).to.be.instanceOf(CoreError).with.property('code', 'PP_CLUSTER_FORBIDDEN');
    expect(error)
      .to.have.property('message')
      .that.contains(`${server.url}: `)
      .and.contains(`${services}: 403: services is forbidden: User "ci" cannot list`);
  });

  it('gives no answer where no server answers', async () => {
    const { url } = server;
    await server.stop();
    const error = await failure();
    expect(error).to.be.instanceOf(CoreError).with.property('code', 'PP_CLUSTER_UNREACHABLE');
    expect(error).to.have.property('message').that.contains(url).and.contains('ECONNREFUSED');
    await server.start();
  });
});
