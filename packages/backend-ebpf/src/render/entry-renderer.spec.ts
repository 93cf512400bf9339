import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Change,
  type DesiredObject,
  type DesiredState,
  DesiredStateStore,
  nextState,
  parseIpAddress,
  type Transition,
} from '@polyplane/core/backend';
import {
  buildClusterNode,
  buildFrontend,
  buildPool,
  buildRoute,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildWorkload,
  nets,
  stateOf,
} from '@polyplane/core/testing';
import {
  BACKEND_KEY,
  FRONTEND,
  FRONTEND_FLAG,
  FRONTEND_KEY,
  LOCAL_BACKENDS,
  ROUTE,
  ROUTE_FLAG,
  ROUTE_KEY,
} from '../layout/layouts';
import { EntryRenderer } from './entry-renderer';
import type { EntryChanges } from './map-entry';
import type { HostInterfaces } from './node-facts';

const OPTIONS = {
  isDirectServerReturn: false,
  eventsPerSecond: 0,
  namespaceCookie: 0n,
  tracksHost: false,
};
const INTERFACES: HostInterfaces = new Map([
  ['eth0', { index: 2, addresses: [parseIpAddress('192.168.0.1')] }],
  ['cali-web', { index: 7, addresses: [] }],
  ['cali-api', { index: 8, addresses: [] }],
]);

/** Maps that changes are written into. */
class Maps {
  readonly entries = new Map<string, Buffer>();

  /** Hands each state on the way to `afterEach`. */
  apply({ writes, deletions }: EntryChanges, afterEach: () => void = () => undefined): void {
    for (const { map, key, value } of writes) {
      this.entries.set(`${map} ${key}`, value);
      afterEach();
    }
    for (const { map, key } of deletions) {
      this.entries.delete(`${map} ${key}`);
      afterEach();
    }
  }

  /** Values of a map by their key's bytes. */
  of(map: string): ReadonlyMap<string, Buffer> {
    const found = [...this.entries].filter(([place]) => place.startsWith(`${map} `));
    return new Map(found.map(([place, value]) => [place.slice(map.length + 1), value]));
  }
}

function render(state: DesiredState, interfaces = INTERFACES): Maps {
  const maps = new Maps();
  const full = new DesiredStateStore();
  maps.apply(new EntryRenderer(OPTIONS).stepTo(full, state, stateTransition(state), interfaces).changes);
  return maps;
}

function stateTransition(state: DesiredState): Transition {
  const store = new DesiredStateStore();
  for (const map of [state.settings, state.nodes, state.pools, state.workloads, state.routes, state.services]) {
    store.apply({
      scope: 'delta',
      changes: [...map.values()].map((object: DesiredObject): Change => ({ op: 'put', object })),
    });
  }
  return store.toTransition(1, true);
}

function routeOf(maps: Maps, address: string, bits = 128) {
  const key = ROUTE_KEY.encode({ prefix_length: bits, address: parseIpAddress(address) });
  const value = maps.of('pp_routes').get(key.toString('latin1'));
  return value === undefined ? undefined : ROUTE.decode(value);
}

function frontendOf(maps: Maps, address: string | undefined, port: number, kind: number) {
  const parsed = address === undefined ? undefined : parseIpAddress(address);
  const key = FRONTEND_KEY.encode({ address: parsed, port, protocol: 6, kind });
  const value = maps.of('pp_frontends').get(key.toString('latin1'));
  return value === undefined ? undefined : FRONTEND.decode(value);
}

describe('entries of the maps', () => {
  it('tell of an address the node, its workloads, other nodes and the pool around it', () => {
    const maps = render(
      stateOf(
        buildSettings(),
        buildPool('pods', '10.0.0.0/16', { natOutgoing: true }),
        buildWorkload('web', '10.0.0.2'),
        buildWorkload('late', '10.0.0.9'),
        buildClusterNode('node-2', ['192.168.0.2']),
        buildRoute('10.0.2.0/24', {
          kind: 'node',
          node: buildClusterNode('node-2', []).key,
          gateway: parseIpAddress('192.168.0.2'),
          encapsulation: 'none',
        }),
      ),
    );
    const inPool = ROUTE_FLAG.pool | ROUTE_FLAG.natOutgoing;
    expect(routeOf(maps, '10.0.0.2')).to.include({ flags: ROUTE_FLAG.workload | inPool, ifindex: 7 });
    expect(routeOf(maps, '10.0.0.9')).to.equal(undefined);
    expect(routeOf(maps, '10.0.2.0', 96 + 24)).to.include({ flags: ROUTE_FLAG.remote | inPool, node: '192.168.0.2' });
    expect(routeOf(maps, '10.0.0.0', 96 + 16)).to.include({ flags: inPool, ifindex: 0 });
    expect(routeOf(maps, '192.168.0.1')?.flags).to.equal(ROUTE_FLAG.host | ROUTE_FLAG.node | ROUTE_FLAG.nodePorts);
    expect(routeOf(maps, '192.168.0.2')?.flags).to.equal(ROUTE_FLAG.node | ROUTE_FLAG.nodePorts);
  });

  it('lead an address of two owners to the workload, and of two workloads to the one with the smaller key', () => {
    const maps = render(
      stateOf(buildSettings(), buildWorkload('web', '192.168.0.1'), buildWorkload('api', '192.168.0.1')),
    );
    const flags = ROUTE_FLAG.workload | ROUTE_FLAG.node | ROUTE_FLAG.nodePorts;
    expect(routeOf(maps, '192.168.0.1')).to.include({ flags, ifindex: 8 });
  });

  it('answer on node ports where the settings say so', () => {
    const settings = buildSettings({ nodePortAddresses: nets('192.168.1.0/24') });
    expect((routeOf(render(stateOf(settings)), '192.168.0.1')?.flags ?? 0) & ROUTE_FLAG.nodePorts).to.equal(0);
  });

  it('give a service its frontends, each with what it asks of a client', () => {
    const endpoints = [buildServiceEndpoint('10.0.0.2', 8080, true), buildServiceEndpoint('10.0.2.2', 8080, false)];
    const maps = render(
      stateOf(
        buildSettings(),
        buildService(
          'web',
          [
            buildFrontend('clusterIp', 80, '10.96.0.1'),
            buildFrontend('nodePort', 30080, undefined, { trafficPolicy: 'local' }),
            buildFrontend('loadBalancerIp', 80, '203.0.113.80', { sourceRanges: nets('192.168.0.0/24', 'fd00::/8') }),
          ],
          endpoints,
          { affinityTimeoutSeconds: 90 },
        ),
      ),
    );
    const clusterIp = frontendOf(maps, '10.96.0.1', 80, 0);
    expect(clusterIp).to.include({ cluster_count: 2, local_count: 1, affinity_seconds: 90, source_group: 0 });
    expect(clusterIp?.flags).to.equal(FRONTEND_FLAG.elsewhere);
    const nodePort = frontendOf(maps, undefined, 30080, 1);
    expect(nodePort?.flags).to.equal(FRONTEND_FLAG.elsewhere | FRONTEND_FLAG.external | FRONTEND_FLAG.local);
    expect(nodePort?.service).to.equal(clusterIp?.service);
    expect(frontendOf(maps, '203.0.113.80', 80, 0)?.flags).to.equal(
      FRONTEND_FLAG.elsewhere | FRONTEND_FLAG.external | FRONTEND_FLAG.ranges,
    );
    // The range of the service's family, and the load balancer's own address, as the node may come.
    expect(maps.of('pp_source_ranges')).to.have.length(2 + 1);
    expect(maps.of('pp_backends')).to.have.length(2 + 1);
  });

  it('give an address that two services claim to the one with the smaller key', () => {
    const claim = (name: string) => buildService(name, [buildFrontend('externalIp', 80, '203.0.113.80')], []);
    const both = render(stateOf(buildSettings(), claim('web'), claim('api')));
    const alone = render(stateOf(buildSettings(), claim('api')));
    expect(frontendOf(both, '203.0.113.80', 80, 0)).to.deep.equal(frontendOf(alone, '203.0.113.80', 80, 0));
  });

  it('are after any changes what the last state alone asks for, and lead nowhere that is not there on the way', () => {
    fc.assert(
      fc.property(fc.array(arbitraryTransition, { minLength: 1, maxLength: 12 }), (transitions) => {
        const renderer = new EntryRenderer(OPTIONS);
        const maps = new Maps();
        let state: DesiredState = new DesiredStateStore();
        for (const { changes, interfaces, isFull } of transitions) {
          const transition: Transition = { revision: 1, scope: isFull ? 'full' : 'delta', isInSync: true, changes };
          const next = nextState(state, transition);
          const step = renderer.stepTo(state, next, transition, INTERFACES);
          maps.apply(step.changes, () => assertBackendsAreThere(maps));
          renderer.commit(step);
          state = next;
          const moved = renderer.stepToInterfaces(state, INTERFACES, interfaces);
          maps.apply(moved.changes);
          renderer.commit(moved);
          expect(readable(maps)).to.deep.equal(readable(render(state, interfaces)));
          const back = renderer.stepToInterfaces(state, interfaces, INTERFACES);
          maps.apply(back.changes);
          renderer.commit(back);
        }
        expect(new Map([...renderer.entries()].map(({ map, key, value }) => [`${map} ${key}`, value]))).to.deep.equal(
          maps.entries,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('say nothing when nothing has changed', () => {
    const state = stateOf(
      buildSettings(),
      buildWorkload('web', '10.0.0.2'),
      buildService('a', [buildFrontend('clusterIp', 1, '10.96.0.1')], []),
    );
    const renderer = new EntryRenderer(OPTIONS);
    const transition = stateTransition(state);
    renderer.commit(renderer.stepTo(new DesiredStateStore(), state, transition, INTERFACES));
    const { writes, deletions } = renderer.stepTo(state, state, transition, INTERFACES).changes;
    expect([...writes, ...deletions]).to.deep.equal([]);
  });
});

/** At no moment does a frontend count an endpoint that has no entry. */
function assertBackendsAreThere(maps: Maps): void {
  const backends = maps.of('pp_backends');
  for (const value of maps.of('pp_frontends').values()) {
    const { service, cluster_count, local_count } = FRONTEND.decode(value);
    const indexes = [
      ...Array.from({ length: cluster_count }, (_, index) => index),
      ...Array.from({ length: local_count }, (_, index) => LOCAL_BACKENDS + index),
    ];
    for (const index of indexes) {
      expect(backends.has(BACKEND_KEY.encode({ service, index }).toString('latin1')), `${service}[${index}]`).to.equal(
        true,
      );
    }
  }
}

function readable(maps: Maps): readonly string[] {
  return [...maps.entries]
    .map(([place, value]) => `${Buffer.from(place, 'latin1').toString('hex')} ${value.toString('hex')}`)
    .sort();
}

const arbitraryEndpoint = fc.constantFrom(
  buildServiceEndpoint('10.0.0.2', 8080, true),
  buildServiceEndpoint('10.0.0.3', 8080, true),
  buildServiceEndpoint('10.0.2.2', 8080, false),
);
const arbitraryFrontend = fc.constantFrom(
  buildFrontend('clusterIp', 80, '10.96.0.1'),
  buildFrontend('clusterIp', 80, '10.96.0.2', { trafficPolicy: 'local' }),
  buildFrontend('externalIp', 80, '203.0.113.80'),
  buildFrontend('loadBalancerIp', 80, '203.0.113.80', { sourceRanges: nets('192.168.0.0/24') }),
  buildFrontend('loadBalancerIp', 81, '203.0.113.81', { sourceRanges: nets('198.51.100.0/24', '192.168.0.1/32') }),
  buildFrontend('nodePort', 30080),
);
const arbitraryObject: fc.Arbitrary<DesiredObject> = fc.oneof(
  fc.constantFrom(
    buildSettings(),
    buildSettings({ nodeAddresses: [parseIpAddress('192.168.0.7')], localDetector: { kind: 'workloadInterfaces' } }),
    buildSettings({ serviceLoopPrevention: { action: 'drop', cidrs: nets('10.96.0.0/16') } }),
    buildPool('pods', '10.0.0.0/16', { natOutgoing: true }),
    buildPool('more', '10.0.2.0/24'),
    buildClusterNode('node-2', ['192.168.0.2']),
    buildClusterNode('node-1', ['192.168.0.1', '192.168.0.3'], { isLocal: true }),
    buildWorkload('web', '10.0.0.2'),
    buildWorkload('web', ['10.0.0.3', 'fd00::3'], { allowedSources: nets('10.9.0.0/24') }),
    buildWorkload('api', '10.0.0.3'),
    buildRoute('10.0.2.0/24', {
      kind: 'node',
      node: buildClusterNode('node-2', []).key,
      gateway: parseIpAddress('192.168.0.2'),
      encapsulation: 'vxlan',
    }),
    buildRoute('10.0.0.2', { kind: 'workload', workload: buildWorkload('web', '10.0.0.2').key }),
  ),
  fc
    .tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.uniqueArray(arbitraryFrontend, { maxLength: 3 }),
      fc.uniqueArray(arbitraryEndpoint),
    )
    .map(([name, frontends, endpoints]) => buildService(name, frontends, endpoints)),
);
const arbitraryChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: arbitraryObject.map((object): Change => ({ op: 'put', object })) },
  { weight: 1, arbitrary: arbitraryObject.map((object): Change => ({ op: 'remove', key: object.key })) },
);
const arbitraryTransition = fc
  .record({
    changes: fc.array(arbitraryChange, { maxLength: 6 }).map((changes) => {
      const last = new Map(changes.map((change) => [change.op === 'put' ? change.object.key : change.key, change]));
      return [...last.values()];
    }),
    isFull: fc.boolean(),
    interfaces: fc.constantFrom<HostInterfaces>(
      INTERFACES,
      new Map(),
      new Map([
        ['cali-web', { index: 9, addresses: [] }],
        ['eth0', { index: 2, addresses: [parseIpAddress('192.168.0.9')] }],
      ]),
    ),
  })
  .map(({ changes, isFull, interfaces }) => ({
    interfaces,
    isFull,
    changes: isFull ? changes.filter(({ op }) => op === 'put') : changes,
  }));
