import { join } from 'node:path';
import { expect } from 'chai';
import {
  type CheckedBackend,
  ComputeGraph,
  DesiredStateStore,
  formatObjectRef,
  Gate,
  loadManifests,
  parseIpAddress,
  parsePort,
  type Resource,
  TCP,
} from '@polyplane/core';
import {
  type ClusterDestination,
  type ClusterJudgement,
  ClusterSimulator,
  NodeSimulator,
} from '@polyplane/core/simulator';
import { checkObjects, EBPF, IPTABLES, readSilently, VPP } from '../testing/checked-backends';
import { ROOT } from '../testing/polyplane-process';
import type { ReadObjects } from './read-objects';

const CLIENT = '192.0.2.10';
const ORDERS_TO_FRONTEND = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: orders-to-frontend, namespace: shop-web}
spec:
  podSelector: {matchLabels: {app: frontend}}
  policyTypes: [Ingress]
  ingress: [{from: [{namespaceSelector: {matchLabels: {tier: api}}, podSelector: {matchLabels: {app: orders}}}]}]
`;
const NODES = ['node-1', 'node-2', 'node-3'];

describe('the shop on another backend', () => {
  let shop: ReadObjects;
  before(async () => {
    shop = await readSilently(join(ROOT, 'examples/shop'));
  });

  /** `CODE: object, object`, in the order of the report. */
  function changes(to: CheckedBackend): Readonly<Record<string, readonly string[]>> {
    const byCode: Record<string, string[]> = {};
    for (const { code, object } of checkObjects(shop, { from: IPTABLES, to }).behaviourChanges) {
      const objects = byCode[code] ?? [];
      byCode[code] = objects;
      objects.push(formatObjectRef(object));
    }
    return byCode;
  }

  it('changes for VPP what node ports, balancing and affinity are about, and nothing else', () => {
    expect(changes(VPP)).to.deep.equal({
      PP_CHANGE_POLICY_SOURCE: ['NetworkPolicy shop-web/office-to-admin'],
      PP_CHANGE_SERVICE_BALANCING: [
        'Service shop-api/catalog',
        'Service shop-api/orders',
        'Service kube-system/kube-dns',
        'Service shop-web/frontend',
      ],
      PP_CHANGE_SERVICE_SOURCE: ['Service shop-web/frontend', 'Service shop-web/admin'],
      PP_CHANGE_SERVICE_RETURN: ['Service shop-web/frontend'],
      PP_CHANGE_SERVICE_AFFINITY: ['Service shop-web/admin'],
      PP_CHANGE_CONNECTIONS: NODES.map((name) => `Node ${name}`),
    });
  });

  it('changes for eBPF what comes from outside, and no policy', () => {
    const exposed = ['Service monitoring/prometheus', 'Service shop-web/frontend', 'Service shop-web/admin'];
    expect(changes(EBPF)).to.deep.equal({
      PP_CHANGE_SERVICE_SOURCE: ['Service monitoring/prometheus', 'Service shop-web/frontend'],
      PP_CHANGE_SERVICE_NODE_PORT: exposed,
      PP_CHANGE_SERVICE_RETURN: exposed,
      PP_LIMIT_EBPF_TAKE_OVER: NODES.map((name) => `Node ${name}`),
    });
  });

  it('lets no connection go on from VPP to eBPF: VPP’s path goes with VPP', () => {
    const told = checkObjects(shop, { from: VPP, to: EBPF }).behaviourChanges.filter(
      ({ object }) => object.kind === 'Node',
    );
    expect(told.map(({ code, object }) => `${code} ${object.name}`)).to.deep.equal(
      NODES.map((name) => `PP_CHANGE_CONNECTIONS ${name}`),
    );
  });

  it('keeps all of it where nothing is switched', () => {
    expect(changes(IPTABLES)).to.deep.equal({});
  });

  describe('as the simulator sees it, told the backend’s behaviours', () => {
    /** What becomes of a packet of an outside client that dials `address` and comes to the node `via`. */
    function judge(
      backend: CheckedBackend,
      [address, port]: readonly [string, number],
      via: string,
      resources: readonly Resource[] = shop.resources,
    ): ClusterJudgement {
      const packet = {
        source: parseIpAddress(CLIENT),
        destination: parseIpAddress(address),
        destinationPort: parsePort(port),
        protocol: TCP,
      };
      return simulate(backend, resources).judge({ kind: 'external', via }, packet);
    }

    /** Where it may end. */
    function arrive(...packet: Parameters<typeof judge>): readonly ClusterDestination[] {
      return judge(...packet).destinations;
    }

    function sources(destinations: readonly ClusterDestination[]): ReadonlySet<string> {
      return new Set(destinations.filter(({ node }) => node !== undefined).map(({ source }) => source));
    }

    it('the admin console’s pod sees its clients on iptables and a node on VPP, where its policy refuses', () => {
      const console = ['172.30.0.11', 30443] as const;
      expect([...sources(arrive(IPTABLES, console, 'node-1'))]).to.deep.equal([CLIENT]);
      expect([...sources(arrive(VPP, console, 'node-1'))]).to.deep.equal(['172.30.0.11']);
      expect([...sources(arrive(EBPF, console, 'node-1'))]).to.deep.equal([CLIENT]);
      const verdict = (source: string) =>
        simulate(IPTABLES, shop.resources).judge(
          { kind: 'external', via: 'node-1' },
          {
            source: parseIpAddress(source),
            destination: parseIpAddress('10.244.1.11'),
            destinationPort: parsePort(8443),
            protocol: TCP,
          },
        ).verdict;
      expect([verdict(CLIENT), verdict('172.30.0.12')]).to.deep.equal(['allow', 'deny']);
    });

    it('the frontends see their clients on eBPF, and on VPP those that come by the load balancer', () => {
      const balancer = ['203.0.113.10', 80] as const;
      const nodePort = ['172.30.0.11', 30080] as const;
      expect([...sources(arrive(IPTABLES, balancer, 'node-1'))]).to.deep.equal(['172.30.0.11']);
      expect([...sources(arrive(IPTABLES, nodePort, 'node-1'))]).to.deep.equal(['172.30.0.11']);
      expect([...sources(arrive(EBPF, balancer, 'node-1'))]).to.deep.equal([CLIENT]);
      expect([...sources(arrive(EBPF, nodePort, 'node-1'))]).to.deep.equal([CLIENT]);
      expect([...sources(arrive(VPP, balancer, 'node-1'))]).to.deep.equal([CLIENT]);
      expect([...sources(arrive(VPP, nodePort, 'node-1'))]).to.deep.equal(['172.30.0.11']);
    });

    it('on eBPF any node answers for a node port, on the others only the one that is addressed', () => {
      const prometheus = ['172.30.0.13', 30090] as const;
      const isTranslated = (backend: CheckedBackend) =>
        arrive(backend, prometheus, 'node-2').some(({ hops }) =>
          hops[0]?.steps.some(({ stage }) => stage === 'service'),
        );
      expect([IPTABLES, VPP, EBPF].map(isTranslated)).to.deep.equal([false, false, true]);
    });

    it('answers of the frontends go back through the node that was dialled, or past it, as each change of the way back says', () => {
      const balancer = ['203.0.113.10', 80] as const;
      const nodePort = ['172.30.0.11', 30080] as const;
      /** Whether some answer of a frontend on another node than node-1 meets node-1, where its client came in. */
      const comesBack = (backend: CheckedBackend, dialled: readonly [string, number]): boolean => {
        const simulator = simulate(backend, shop.resources);
        const remote = arrive(backend, dialled, 'node-1').filter(({ node }) => node !== 'node-1');
        expect(remote).not.to.deep.equal([]);
        return remote.some((end) => simulator.judgeReply(end).hops.some(({ node }) => node === 'node-1'));
      };
      expect([IPTABLES, EBPF, VPP].map((backend) => comesBack(backend, balancer))).to.deep.equal([true, false, false]);
      expect([IPTABLES, EBPF, VPP].map((backend) => comesBack(backend, nodePort))).to.deep.equal([true, false, true]);
    });

    it('client affinity holds for the admin console, and on VPP no more', () => {
      const affinity = (backend: CheckedBackend) =>
        judge(backend, ['172.30.0.11', 30443], 'node-1').affinityTimeoutSeconds !== undefined;
      expect([IPTABLES, EBPF, VPP].map(affinity)).to.deep.equal([true, true, false]);
    });

    it('balancing reaches the same endpoints, whatever the algorithm: no single packet shows which one chose', () => {
      const endpoints = (backend: CheckedBackend) =>
        arrive(backend, ['203.0.113.10', 80], 'node-1')
          .map(({ address, port }) => `${address}:${port}`)
          .sort();
      expect(endpoints(VPP)).to.deep.equal(endpoints(IPTABLES)).and.to.have.length.above(1);
      expect(endpoints(EBPF)).to.deep.equal(endpoints(IPTABLES));
    });

    it('a policy named for a switch lets in what it kept out before', () => {
      const resources = shop.resources.map(
        (resource): Resource =>
          resource.kind === 'Service' && resource.metadata.name === 'admin'
            ? { ...resource, spec: { ...resource.spec, externalTrafficPolicy: 'Cluster' } }
            : resource,
      );
      const console = ['172.30.0.12', 30443] as const;
      const verdicts = (backend: CheckedBackend) =>
        arrive(backend, console, 'node-2', resources).map(({ verdict }) => verdict);
      expect([verdicts(IPTABLES), verdicts(EBPF)]).to.deep.equal([['deny'], ['allow']]);
      const named = checkObjects(
        { resources, locate: () => undefined },
        { from: IPTABLES, to: EBPF },
      ).behaviourChanges.filter(({ code }) => code === 'PP_CHANGE_POLICY_SOURCE');
      expect(named.map(({ object }) => object.name)).to.deep.equal(['office-to-admin']);
    });

    it('a policy that picks pods keeps them out by a node port on iptables and lets them in on eBPF, and is named', () => {
      const { problems, resources } = loadManifests(ORDERS_TO_FRONTEND, 'policy.yaml');
      expect(problems).to.deep.equal([]);
      const kept = shop.resources.filter(({ metadata }) => metadata.name !== 'customers-to-frontend');
      const cluster = [...kept, ...resources.map(({ resource }) => resource)];
      const verdict = (backend: CheckedBackend) =>
        simulate(backend, cluster)
          .judge(
            { kind: 'external', via: 'node-2' },
            {
              source: parseIpAddress('10.244.3.21'),
              destination: parseIpAddress('172.30.0.12'),
              destinationPort: parsePort(30080),
              protocol: TCP,
            },
          )
          .destinations.find(({ address }) => address === '10.244.1.10')?.verdict;
      expect([IPTABLES, EBPF, VPP].map(verdict)).to.deep.equal(['deny', 'allow', 'deny']);
      const named = (to: CheckedBackend) =>
        checkObjects({ resources: cluster, locate: () => undefined }, { from: IPTABLES, to })
          .behaviourChanges.filter(({ code }) => code === 'PP_CHANGE_POLICY_SOURCE')
          .map(({ object, message }) => [object.name, / tells (.*?) from nodes/.exec(message)?.[1]]);
      expect(named(EBPF)).to.deep.equal([['orders-to-frontend', 'pods']]);
    });
  });
});

/** Every node with what its dataplane is handed, behind the gate of its limits. */
function simulate({ behaviours, limits }: CheckedBackend, resources: readonly Resource[]): ClusterSimulator {
  const node = (nodeName: string): [string, NodeSimulator] => {
    const store = new DesiredStateStore();
    const wanted = new ComputeGraph({ nodeName }).apply(resources.map((resource) => ({ op: 'put', resource })));
    store.apply({ scope: 'full', changes: new Gate(limits).apply(wanted).changes });
    return [nodeName, new NodeSimulator(store, { behaviours })];
  };
  return new ClusterSimulator(new Map(NODES.map(node)));
}
