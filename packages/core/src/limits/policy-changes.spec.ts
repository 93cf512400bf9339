import { expect } from 'chai';
import { loadManifests } from '../resources/load';
import { STANDARD_BEHAVIOURS } from '../simulator';
import { ClusterIndex } from './cluster-index';
import type { Limit } from './limit';
import { policyChanges } from './policy-changes';

const KEEPS = {
  name: 'keeps',
  limits: [],
  behaviours: { ...STANDARD_BEHAVIOURS, nodePortSourceNat: 'never', externalSourceNat: 'never' } as const,
};
const HIDES = {
  name: 'hides',
  limits: [],
  behaviours: { ...STANDARD_BEHAVIOURS, nodePortSourceNat: 'always' } as const,
};
const BY_POLICY = { name: 'by-policy', limits: [], behaviours: STANDARD_BEHAVIOURS };

const NODES = `
apiVersion: v1
kind: Node
metadata: {name: n1}
spec: {podCIDR: 10.1.0.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: n2}
spec: {podCIDR: 10.1.1.0/24}
status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}
`;

const WEB = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.1.0.10}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  clusterIP: 10.96.0.1
  externalTrafficPolicy: Cluster
  ports: [{port: 80, nodePort: 30080}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [10.1.0.10], nodeName: n1}]
ports: [{name: "", port: 8080, protocol: TCP}]
`;

/** A Kubernetes policy on the web pod. */
function policy(name: string, ingress: string): string {
  return `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: ${ingress}}
`;
}

function affected(
  documents: readonly string[],
  from: Parameters<typeof policyChanges>[1] = BY_POLICY,
  to: Parameters<typeof policyChanges>[1] = KEEPS,
): readonly string[] {
  const { resources, problems } = loadManifests(documents.join('\n---\n'), 'cluster.yaml');
  expect(problems).to.deep.equal([]);
  const cluster = new ClusterIndex(resources.map(({ resource }) => resource));
  return policyChanges(cluster, from, to).map(({ object, message }) => `${object.kind} ${object.name}: ${message}`);
}

const OFFICE = policy('office', '[{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]');

describe('policies that a change of backend affects', () => {
  it('are those that tell outside clients from nodes, with the rule and the service named', () => {
    expect(affected([NODES, WEB, OFFICE])).to.deep.equal([
      'NetworkPolicy office: spec.ingress[0].from[0] tells outside clients from nodes: packets to node ports of ' +
        'Service shop/web come with the client’s own address instead of a node’s.',
    ]);
  });

  it('are the same on the way back', () => {
    expect(affected([NODES, WEB, OFFICE], KEEPS, BY_POLICY)).to.have.length(1);
  });

  it('are none when the pods see the same addresses as before', () => {
    expect(affected([NODES, WEB, OFFICE], BY_POLICY, BY_POLICY)).to.deep.equal([]);
    const local = WEB.replace('externalTrafficPolicy: Cluster', 'externalTrafficPolicy: Local');
    expect(affected([NODES, local, OFFICE], BY_POLICY, KEEPS)).to.deep.equal([]);
    expect(affected([NODES, local, OFFICE], BY_POLICY, HIDES)).to.have.length(1);
    expect(affected([NODES, WEB, OFFICE], BY_POLICY, HIDES)).to.deep.equal([]);
  });

  it('are found by the Endpoints object where no slice tells what is behind the service', () => {
    const [pod, service] = WEB.split('\n---\n');
    const endpoints = `
apiVersion: v1
kind: Endpoints
metadata: {name: web, namespace: shop}
subsets: [{addresses: [{ip: 10.1.0.10}], ports: [{port: 8080, protocol: TCP}]}]
`;
    expect(affected([NODES, pod ?? '', service ?? '', endpoints, OFFICE])).to.have.length(1);
    expect(affected([NODES, pod ?? '', service ?? '', OFFICE])).to.deep.equal([]);
  });

  it('are none behind a port that either backend does not serve', () => {
    const limit: Limit = {
      code: 'PP_LIMIT_TEST',
      feature: 'sctpService',
      support: 'unsupported',
      effect: 'objectIgnored',
      message: 'No SCTP.',
      remedy: 'None.',
      source: 'this test',
    };
    const sctp = WEB.replace('port: 80, nodePort', 'port: 80, protocol: SCTP, nodePort').replace('TCP', 'SCTP');
    expect(affected([NODES, sctp, OFFICE])).to.have.length(1);
    expect(affected([NODES, sctp, OFFICE], BY_POLICY, { ...KEEPS, limits: [limit] })).to.deep.equal([]);
    expect(affected([NODES, WEB, OFFICE], BY_POLICY, { ...KEEPS, limits: [limit] })).to.have.length(1);
  });

  it('are none behind no node port, external or load-balancer address', () => {
    const inside = WEB.replace('type: NodePort', 'type: ClusterIP').replace(', nodePort: 30080', '');
    expect(affected([NODES, inside, OFFICE])).to.deep.equal([]);
    const external = inside.replace('type: ClusterIP', 'type: ClusterIP\n  externalIPs: [203.0.113.80]');
    expect(affected([NODES, external, OFFICE])).to.have.length(1);
  });

  it('are those that tell pods from nodes, as these dial node ports too', () => {
    const peer = `
apiVersion: v1
kind: Pod
metadata: {name: peer, namespace: shop, labels: {app: peer}}
spec: {nodeName: n2, containers: [{name: c}]}
status: {phase: Running, podIP: 10.1.1.10}
`;
    const fromPeer = policy('from-peer', '[{from: [{podSelector: {matchLabels: {app: peer}}}]}]');
    expect(affected([NODES, WEB, peer, fromPeer])).to.deep.equal([
      'NetworkPolicy from-peer: spec.ingress[0].from[0] tells pods from nodes: packets to node ports of ' +
        'Service shop/web come with the pod’s own address instead of a node’s.',
    ]);
    expect(affected([NODES, WEB, peer, fromPeer], KEEPS, BY_POLICY)[0]).to.match(
      /come with a node’s address instead of the pod’s own\.$/,
    );
    // Nobody has the labels, or only the pod behind the service itself.
    expect(affected([NODES, WEB, fromPeer])).to.deep.equal([]);
    expect(affected([NODES, WEB, policy('pods', '[{from: [{podSelector: {}}]}]')])).to.deep.equal([]);
  });

  it('are those with the pods’ range, and those that let in everyone but pods', () => {
    const pods = policy('pods', '[{from: [{ipBlock: {cidr: 10.1.0.0/23}}]}]');
    expect(affected([NODES, WEB, pods])[0]).to.contain('tells pods from nodes');
    const others = policy('others', '[{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.1.0.0/23]}}]}]');
    expect(affected([NODES, WEB, others])[0]).to.contain('tells pods from nodes');
    const nodes = policy('nodes', '[{from: [{ipBlock: {cidr: 192.168.0.0/24}}]}]');
    expect(affected([NODES, WEB, nodes])[0]).to.match(/tells outside clients and pods from nodes: .* the sender’s own/);
  });

  it('are not those that let everyone in, or nobody', () => {
    expect(affected([NODES, WEB, policy('all', '[{}]')])).to.deep.equal([]);
    expect(affected([NODES, WEB, policy('none', '[]')])).to.deep.equal([]);
    expect(affected([NODES, WEB, policy('world', '[{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]')])).to.deep.equal([]);
  });

  it('are those that let nodes in', () => {
    expect(affected([NODES, WEB, policy('nodes', '[{from: [{ipBlock: {cidr: 192.168.0.0/24}}]}]')])).to.have.length(1);
  });

  it('are not those about another port than the service sends to', () => {
    const office = (ports: string) =>
      policy('office', `[{from: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [${ports}]}]`);
    expect(affected([NODES, WEB, office('{port: 9090}')])).to.deep.equal([]);
    expect(affected([NODES, WEB, office('{port: 8080, protocol: UDP}')])).to.deep.equal([]);
    expect(affected([NODES, WEB, office('{port: 8080}')])).to.have.length(1);
    expect(affected([NODES, WEB, office('{port: http}')])).to.have.length(1);
  });

  it('are not those that another policy outweighs', () => {
    expect(affected([NODES, WEB, OFFICE, policy('all', '[{}]')])).to.deep.equal([]);
  });

  it('are not those of pods behind no such service', () => {
    const elsewhere = OFFICE.replace('app: web', 'app: other');
    expect(affected([NODES, WEB, elsewhere])).to.deep.equal([]);
  });

  it('are Calico’s too, in their tiers, with negations', () => {
    const guard = `
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: guard}
spec:
  selector: app == 'web'
  types: [Ingress]
  ingress:
    - {action: Deny, source: {notNets: [192.168.0.0/24]}}
    - {action: Allow}
`;
    expect(affected([NODES, WEB, guard])[0]).to.match(
      /^GlobalNetworkPolicy guard: spec.ingress\[0\], spec.ingress\[1\] /,
    );
    const pass = `
apiVersion: projectcalico.org/v3
kind: Tier
metadata: {name: first}
spec: {order: 1}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: first.open}
spec: {tier: first, selector: all(), types: [Ingress], ingress: [{action: Allow}]}
`;
    expect(affected([NODES, WEB, guard, pass])).to.deep.equal([]);
    expect(affected([NODES, WEB, guard, pass.replace('action: Allow', 'action: Pass')])).to.have.length(1);
  });

  it('are found where no node is known, as a node may have any address', () => {
    expect(affected([WEB, OFFICE])).to.have.length(1);
  });

  it('are not those that the node’s own pods in the host network are behind', () => {
    const host = WEB.replace('nodeName: n1,', 'nodeName: n1, hostNetwork: true,');
    expect(affected([NODES, host, OFFICE])).to.deep.equal([]);
  });
});
