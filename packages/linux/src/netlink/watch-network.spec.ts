import { expect } from 'chai';
import { applyIpBatch } from '../ip-batch';
import { NetworkNamespace } from '../network-namespace';
import { describeOnKernel } from '../testing/on-kernel';
import { type NetworkChange, type NetworkSubject, type NetworkWatch, watchNetwork } from './watch-network';

describeOnKernel('a watch of a namespace’s network', () => {
  let namespace: NetworkNamespace;
  const watches: NetworkWatch[] = [];

  beforeEach(() => {
    namespace = NetworkNamespace.create();
    applyIpBatch(namespace, ['link set lo up']);
  });
  afterEach(() => {
    for (const watch of watches.splice(0)) watch.close();
    namespace.close();
  });

  /** Everything that is told while the lines are applied, up to the change that is waited for. */
  function changesOf(
    subjects: readonly NetworkSubject[],
    lines: readonly string[],
    isLast: (change: NetworkChange) => boolean,
  ): Promise<readonly NetworkChange[]> {
    return new Promise((resolve) => {
      const changes: NetworkChange[] = [];
      const watch = watchNetwork(namespace, subjects, (change) => {
        changes.push(change);
        if (isLast(change)) resolve(changes);
      });
      watches.push(watch);
      applyIpBatch(namespace, lines);
    });
  }

  const PAIR = ['link add name one type veth peer name other', 'link set one up', 'link set other up'];

  it('tells of links, addresses, routes and neighbours that come and go', async () => {
    const lines = [
      ...PAIR,
      'address add 192.0.2.1/24 dev one',
      'route add 10.1.0.0/16 via 192.0.2.2 dev one',
      'neighbor add 192.0.2.2 lladdr 02:00:00:00:00:02 dev one nud permanent',
      'neighbor del 192.0.2.2 dev one',
      'route del 10.1.0.0/16',
      'address del 192.0.2.1/24 dev one',
      'link del one',
    ];
    const isLast = (change: NetworkChange): boolean =>
      change.kind === 'link' && change.op === 'remove' && change.link.name === 'one';
    const changes = await changesOf(['link', 'address', 'route', 'neighbour'], lines, isLast);
    const told = changes.map((change) => {
      if (change.kind === 'link') return `${change.op} ${change.link.name} ${change.link.isUp ? 'up' : 'down'}`;
      if (change.kind === 'address') return `${change.op} ${change.address.address}`;
      if (change.kind === 'route') return `${change.op} ${change.route.destination}`;
      return change.kind === 'overrun' ? 'overrun' : `${change.op} ${change.neighbour.address}`;
    });
    const expected = [
      'put one down',
      'put one up',
      'put 192.0.2.1',
      'put 10.1.0.0/16',
      'put 192.0.2.2',
      'remove 192.0.2.2',
      'remove 10.1.0.0/16',
      'remove 192.0.2.1',
      // It goes down before it goes.
      'put one down',
      'remove one down',
    ];
    expect(
      told.filter((line) => expected.includes(line)).filter((line, at, all) => line !== all[at - 1]),
    ).to.deep.equal(expected);
  });

  it('tells of nothing but what is asked for', async () => {
    const isLast = (change: NetworkChange): boolean => change.kind === 'address' && change.address.prefixLength === 25;
    const lines = [...PAIR, 'address add 192.0.2.1/24 dev one', 'address add 192.0.2.129/25 dev other'];
    const changes = await changesOf(['address'], lines, isLast);
    expect(new Set(changes.map(({ kind }) => kind))).to.deep.equal(new Set(['address']));
  });

  it('says that it lost changes where they came faster than they were read, and goes on', async () => {
    const many = Array.from({ length: 30_000 }, (_, i) => `route add blackhole 10.${i >> 8}.${i & 255}.0/24`);
    const changes = await changesOf(['route'], many, ({ kind }) => kind === 'overrun');
    expect(changes.length).to.be.lessThan(many.length);
    const isLast = (change: NetworkChange): boolean =>
      change.kind === 'route' && change.route.destination === '192.0.2.0/24';
    const after = await changesOf(['route'], ['route add blackhole 192.0.2.0/24'], isLast);
    expect(after.at(-1)).to.include({ kind: 'route', op: 'put' });
  }).timeout(30_000);

  it('tells nothing any more once it is closed, also when it closes itself', async () => {
    const told: NetworkChange[] = [];
    const watch = watchNetwork(namespace, ['link'], (change) => {
      told.push(change);
      watch.close();
    });
    const isLast = (change: NetworkChange): boolean => change.kind === 'link' && change.op === 'remove';
    await changesOf(['link'], [...PAIR, 'link del one'], isLast);
    expect(told).to.have.length(1);
  });
});
