import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import type { SchedulerLike, Subscription } from 'rxjs';
import { CoreError } from '../core-error';
import { keyOfResource, type ResourceKind } from '../resources/resource';
import { ApiServer, refusal } from '../testing/api-server';
import { hastyScheduler } from '../testing/hasty-scheduler';
import { MemoryRecord } from '../testing/memory-record';
import { SimulatedClock } from '../testing/simulated-clock';
import { KubernetesSource, type KubernetesSourceOptions } from './kubernetes';
import type { SourceBatch } from './source';

function configOf(server: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'test', server, skipTLSVerify: true }, { name: 'test', token: 'secret' });
  return config;
}

const NAMESPACES = '/api/v1/namespaces';
const POLICIES = '/apis/networking.k8s.io/v1/networkpolicies';
/** Shorter than a test may take, so that a failure tells what was waited for. */
const GUARD_MILLISECONDS = 15_000;

describe('KubernetesSource', () => {
  let server: ApiServer;
  let subscription: Subscription | undefined;
  let batches: SourceBatch[];

  beforeEach(() => {
    server = new ApiServer({
      v1: { Namespace: 'namespaces', ConfigMap: 'configmaps' },
      'networking.k8s.io/v1': { NetworkPolicy: 'networkpolicies' },
    });
    batches = [];
  });

  afterEach(async () => {
    subscription?.unsubscribe();
    await server.stop();
  });

  const start = async (options: Partial<KubernetesSourceOptions> = {}): Promise<void> => {
    const kinds: readonly ResourceKind[] = ['Namespace', 'NetworkPolicy', 'Tier'];
    await server.start();
    const config = configOf(server.url);
    const source = new KubernetesSource({ config, kinds, random: () => 0.5, scheduler: eager(), ...options });
    subscription = source.batches$.subscribe((batch) => batches.push(batch));
  };
  /** Retries at once; discovers only when asked to. */
  const eager = (): SchedulerLike => hastyScheduler((delay) => delay !== 60_000);
  const until = async (isReached: () => boolean, what: string): Promise<void> => {
    const deadline = Date.now() + GUARD_MILLISECONDS;
    while (!isReached()) {
      if (Date.now() > deadline) throw new Error(`not reached: ${what}; state ${names()}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const names = (): string => {
    const present = new Map<string, string>();
    for (const change of batches.flatMap(({ changes }) => changes)) {
      if (change.op === 'remove') present.delete(change.key);
      else present.set(keyOfResource(change.resource), Object.values(change.resource.metadata.labels).join());
    }
    return [...present]
      .map(([key, label]) => `${key.split('/').at(-1)}${label && `=${label}`}`)
      .sort()
      .join(' ');
  };
  const codes = (): string =>
    batches
      .at(-1)
      ?.problems.map(({ error }) => error.code)
      .join() ?? '';
  const isInSync = (): boolean => batches.at(-1)?.isInSync ?? false;

  it('lists what the API offers, in pages, and then is in sync', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) server.put(NAMESPACES, name);
    server.put(POLICIES, 'p', { metadata: { namespace: 'a' }, spec: { podSelector: {} } });
    server.pageSize = 2;
    await start();
    await until(isInSync, 'in sync');
    expect(names()).to.equal('a b c d e p');
    expect(codes()).to.equal('');
    expect(batches[0]).to.deep.include({ changes: [], isInSync: false });
    expect(server.count(NAMESPACES, false)).to.equal(3);
    expect(server.requests.some((url) => url.includes('configmaps') || url.includes('tiers'))).to.equal(false);
  });

  it('follows additions, changes and deletions', async () => {
    server.put(NAMESPACES, 'a');
    await start();
    await until(isInSync, 'in sync');
    server.put(NAMESPACES, 'b');
    server.put(NAMESPACES, 'a', { metadata: { labels: { l: 'changed' } } });
    await until(() => names() === 'a=changed b', 'both');
    server.remove(NAMESPACES, 'a');
    await until(() => names() === 'b', 'one gone');
  });

  it('resumes where a watch ended, after bookmarks too, without listing again', async () => {
    server.put(NAMESPACES, 'a');
    await start();
    await until(isInSync, 'in sync');
    await until(() => server.count(NAMESPACES, true) === 1, 'watched');
    server.put(NAMESPACES, 'b');
    server.bookmark(NAMESPACES);
    await until(() => names() === 'a b', 'b');
    server.compact();
    server.closeWatches();
    await until(() => server.count(NAMESPACES, true) > 1, 'watched again');
    server.put(NAMESPACES, 'c');
    await until(() => names() === 'a b c', 'c');
    expect(server.count(NAMESPACES, false)).to.equal(1);
    expect(batches.flatMap(({ changes }) => changes)).to.have.length(3);
  });

  it('loses nothing when connections break, also within an event', async () => {
    server.put(NAMESPACES, 'a');
    await start();
    await until(isInSync, 'in sync');
    for (const name of ['b', 'c', 'd']) {
      await until(() => codes() === '', 'watching');
      server.write(NAMESPACES, '{"type":"ADDED","object":{"metadata":');
      server.breakWatches();
      server.put(NAMESPACES, name);
      await until(() => names().endsWith(name), name);
    }
    expect(names()).to.equal('a b c d');
  });

  it('lists again when its version is gone, and removes what went meanwhile', async () => {
    server.put(NAMESPACES, 'a');
    server.put(NAMESPACES, 'b');
    await start();
    await until(isInSync, 'in sync');
    await until(() => server.count(NAMESPACES, true) === 1, 'watched');
    server.breakWatches();
    server.remove(NAMESPACES, 'a');
    server.put(NAMESPACES, 'c');
    server.compact();
    await until(() => names() === 'b c', 'relisted');
    const puts = batches.flatMap(({ changes }) => changes).filter(({ op }) => op === 'put');
    expect(puts, 'b did not change').to.have.length(3);
  });

  it('lists again when the server says within the stream that the version is gone', async () => {
    await start();
    await until(isInSync, 'in sync');
    await until(() => server.count(NAMESPACES, true) === 1, 'watched');
    const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'gone' } };
    server.write(NAMESPACES, `${JSON.stringify(gone)}\n`);
    await until(() => server.count(NAMESPACES, false) === 2, 'listed again');
    expect(codes()).to.equal('');
  });

  it('lists again after an event that makes no sense', async () => {
    server.put(NAMESPACES, 'a');
    await start();
    await until(isInSync, 'in sync');
    let watches = 0;
    for (const nonsense of [
      'no json',
      '{"type":"ADDED"}',
      '{"type":"NEW","object":{"metadata":{"resourceVersion":"1"}}}',
      '[]',
    ]) {
      await until(() => server.count(NAMESPACES, true) > watches && codes() === '', 'watching');
      watches = server.count(NAMESPACES, true);
      const lists = server.count(NAMESPACES, false);
      server.write(NAMESPACES, `${nonsense}\n`);
      await until(() => server.count(NAMESPACES, false) > lists, nonsense);
    }
    expect(names()).to.equal('a');
    expect(batches.some(({ problems }) => problems[0]?.error.code === 'PP_CLUSTER_UNREACHABLE')).to.equal(true);
  });

  it('leaves out a faulty object, and keeps its former version in force', async () => {
    server.put(NAMESPACES, 'good', { metadata: { labels: { l: 'v1' } } });
    server.put(NAMESPACES, 'bad', { metadata: { labels: { 'not a key': 'x' } } });
    await start();
    await until(isInSync, 'in sync');
    expect(names()).to.equal('good=v1');
    expect(batches.at(-1)?.problems[0]).to.deep.include({
      object: { apiVersion: 'v1', kind: 'Namespace', name: 'bad' },
      field: 'metadata.labels["not a key"]',
    });
    server.put(NAMESPACES, 'good', { metadata: { labels: { l: 7 } } });
    await until(() => codes() === 'PP_OBJECT_INVALID,PP_OBJECT_INVALID', 'two problems');
    expect(names()).to.equal('good=v1');
    server.put(NAMESPACES, 'good', { metadata: { labels: { l: 'v2' } } });
    server.remove(NAMESPACES, 'bad');
    await until(() => codes() === '' && names() === 'good=v2', 'mended');
  });

  describe('that keeps a record', () => {
    const spec = { podSelector: {} };
    const faulty = { podSelector: { matchLabels: { app: 1 } } };
    const policy = (name: string, label: string, body: object): void => {
      server.put(POLICIES, name, { metadata: { namespace: 'a', labels: { label } }, spec: body });
    };
    const restart = async (record: MemoryRecord): Promise<void> => {
      subscription?.unsubscribe();
      batches = [];
      await start({ record });
      await until(isInSync, 'in sync');
    };

    it('takes a policy that is faulty at a new start as it was last read, and tells of it', async () => {
      const record = new MemoryRecord();
      policy('p', 'one', spec);
      policy('q', 'one', spec);
      policy('r', 'one', faulty);
      await restart(record);
      expect(names()).to.equal('p=one q=one');
      for (const label of ['two', 'three']) {
        policy('p', label, faulty);
        policy('q', label, spec);
        await server.stop();
        await restart(record);
        expect(names()).to.equal(`p=one q=${label}`);
        expect(codes()).to.equal('PP_OBJECT_INVALID,PP_OBJECT_INVALID');
      }
      policy('p', 'four', spec);
      await until(() => names() === 'p=four q=three', 'mended');
      server.remove(POLICIES, 'p');
      await until(() => names() === 'q=three', 'deleted');
      await until(() => record.entries.size === 1, 'given up');
    });

    it('keeps only what says who may speak with whom', async () => {
      const record = new MemoryRecord();
      server.put(NAMESPACES, 'a');
      policy('p', 'one', spec);
      await restart(record);
      expect([...record.entries.keys()]).to.deep.equal(['NetworkPolicy/a/p']);
    });

    it('is not written before all has been read', async () => {
      const record = new MemoryRecord();
      for (let count = 0; count < 20; count++) {
        server.faults.push({ path: NAMESPACES, answer: refusal(403, 'forbidden') });
      }
      policy('q', 'one', spec);
      await start({ record });
      await until(() => names() === 'q=one', 'read');
      expect(record.saves).to.equal(isInSync() ? 1 : 0);
      await until(isInSync, 'allowed later');
      expect(record.saves).to.equal(1);
    });

    it('tells of a record that cannot be written', async () => {
      const record = new MemoryRecord();
      await restart(record);
      record.problem$.next(new CoreError('PP_RECORD_UNWRITABLE', 'no room'));
      expect(codes()).to.equal('PP_RECORD_UNWRITABLE');
    });
  });

  describe('of a policy', () => {
    const LABELS = { metadata: { namespace: 'a', labels: { l: 'v' } } };
    const rules = (): unknown => {
      const puts = batches.flatMap(({ changes }) => changes).filter(({ op }) => op === 'put');
      const last = puts.at(-1);
      return last?.op === 'put' && last.resource.kind === 'NetworkPolicy' ? last.resource.spec.ingress : undefined;
    };
    const put = (ingress: readonly object[], podSelector: object = {}): void =>
      server.put(POLICIES, 'p', { ...LABELS, spec: { podSelector, ingress } });

    it('tells once of each field that it does not know, and closes the rule that has it', async () => {
      put([{ form: [] }, { from: [], ports: [], until: 'x' }]);
      await start();
      await until(isInSync, 'in sync');
      expect(codes()).to.equal('PP_FIELD_PASSED_OVER,PP_FIELD_PASSED_OVER');
      expect(batches.at(-1)?.problems.map(({ field }) => field)).to.deep.equal([
        'spec.ingress[0].form',
        'spec.ingress[1].until',
      ]);
      expect(JSON.stringify(rules())).to.match(/rule-cannot-be-read.*rule-cannot-be-read/);
      put([{ from: [] }]);
      await until(() => codes() === '', 'mended');
      expect(rules()).to.deep.equal([{ peers: [], ports: [] }]);
    });

    it('refuses the object where it is told to, which leaves the former version in force', async () => {
      put([{ form: [] }]);
      await start({ validate: 'strict' });
      await until(isInSync, 'in sync');
      expect(codes()).to.equal('PP_FIELD_UNKNOWN');
      expect(JSON.stringify(rules())).to.contain('rule-cannot-be-read');
      put([{ from: [] }]);
      await until(() => codes() === '', 'mended');
      put([{ form: [] }]);
      await until(() => codes() === 'PP_FIELD_UNKNOWN', 'refused');
      expect(rules()).to.deep.equal([{ peers: [], ports: [] }]);
    });

    it('ignores the field where it is told to', async () => {
      put([{ form: [] }]);
      await start({ validate: 'ignore' });
      await until(isInSync, 'in sync');
      expect(codes()).to.equal('');
      expect(rules()).to.deep.equal([{ peers: [], ports: [] }]);
    });

    it('closes a rule that cannot be read, and keeps the former version where whom it is for cannot', async () => {
      put([{ from: [] }]);
      await start();
      await until(isInSync, 'in sync');
      put([{ from: [] }], { matchLabels: { a: 7 } });
      await until(() => codes() === 'PP_OBJECT_INVALID', 'faulty');
      expect(rules()).to.deep.equal([{ peers: [], ports: [] }]);
      put([{ from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }]);
      await until(() => JSON.stringify(rules()).includes('rule-cannot-be-read'), 'closed');
      expect(codes()).to.equal('PP_OBJECT_INVALID');
    });
  });

  it('is not in sync while a kind may not be read, and says which', async () => {
    server.put(NAMESPACES, 'a');
    for (let count = 0; count < 3; count++) server.faults.push({ path: POLICIES, answer: refusal(403, 'forbidden') });
    await start();
    await until(() => codes() === 'PP_CLUSTER_FORBIDDEN', 'forbidden');
    expect(batches.at(-1)?.problems[0]?.error.message).to.contain(POLICIES);
    expect(isInSync()).to.equal(false);
    await until(isInSync, 'allowed later');
    expect(codes()).to.equal('');
  });

  it('keeps what it read and retries while the API server answers errors', async () => {
    server.put(NAMESPACES, 'a');
    await start();
    await until(isInSync, 'in sync');
    await until(() => server.count(NAMESPACES, true) === 1, 'watched');
    for (let count = 0; count < 8; count++)
      server.faults.push({ path: NAMESPACES, answer: refusal(500, 'etcd is away') });
    server.faults.push({ path: NAMESPACES, answer: (response) => response.end('<html>no JSON</html>') });
    server.breakWatches();
    server.put(NAMESPACES, 'b');
    await until(() => names() === 'a b', 'recovered');
    expect(
      batches.some(({ problems }) => problems.some(({ error }) => error.message.includes('etcd is away'))),
    ).to.equal(true);
    expect(batches.slice(batches.findIndex((batch) => batch.isInSync)).every((batch) => batch.isInSync)).to.equal(true);
    await until(() => codes() === '', 'no problem left');
  });

  it('retries discovery, and finds kinds that come later', async () => {
    server.faults.push({ path: '/api/v1', answer: refusal(503, 'starting') });
    await start({ scheduler: hastyScheduler(() => true), discoverySeconds: 1 });
    await until(isInSync, 'in sync');
    expect(batches.some(({ problems }) => problems.some(({ error }) => error.message.includes('starting')))).to.equal(
      true,
    );
    server.offer('crd.projectcalico.org/v1', 'Tier', 'tiers');
    server.put('/apis/crd.projectcalico.org/v1/tiers', 'platform', { spec: { order: 10 } });
    await until(() => names() === 'platform', 'tier');
  });

  it('prefers the first API version of a kind, and passes over what Calico only mirrors', async () => {
    server.offer('projectcalico.org/v3', 'NetworkPolicy', 'networkpolicies');
    server.offer('crd.projectcalico.org/v1', 'NetworkPolicy', 'networkpolicies');
    const path = '/apis/projectcalico.org/v3/networkpolicies';
    server.put(path, 'knp.default.p', { metadata: { namespace: 'a' } });
    server.put(path, 'mine', { metadata: { namespace: 'a' } });
    await start({ kinds: ['CalicoNetworkPolicy'] });
    await until(isInSync, 'in sync');
    expect(names()).to.equal('mine');
    expect(server.requests.some((url) => url.startsWith('/apis/crd.projectcalico.org/v1/networkpolicies'))).to.equal(
      false,
    );
  });

  it('tells of a server that cannot be reached', async () => {
    await server.start();
    const config = configOf(server.url);
    await server.stop();
    const source = new KubernetesSource({ config, scheduler: eager() });
    subscription = source.batches$.subscribe((batch) => batches.push(batch));
    await until(() => codes() === 'PP_CLUSTER_UNREACHABLE', 'unreachable');
    subscription.unsubscribe();
    server = new ApiServer({});
    await server.start();
  });

  it('asks nothing any more when nobody listens', async () => {
    const clock = new SimulatedClock();
    await start({ scheduler: clock });
    await until(() => isInSync() && server.openWatches === 2, 'watched');
    const requests = server.requests.length;
    const told = batches.length;
    subscription?.unsubscribe();
    server.put(NAMESPACES, 'late');
    await until(() => server.openWatches === 0, 'unwatched');
    expect(clock.actions).to.have.length(0);
    // Whatever was asked before this is there once this is answered.
    await fetch(`${server.url}/last`);
    expect(server.requests.slice(requests)).to.deep.equal(['/last']);
    expect(batches).to.have.length(told);
  });
});
