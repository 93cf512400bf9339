import { expect } from 'chai';
import { loadManifests } from '../resources/load';
import { STANDARD_BEHAVIOURS } from '../simulator';
import { formatObjectRef } from '../state';
import { type CheckedBackend, checkCluster } from './check';
import { ClusterIndex } from './cluster-index';
import { withStandIns } from './stand-ins';

const FROM: CheckedBackend = { name: 'from', limits: [], behaviours: STANDARD_BEHAVIOURS };
const TO: CheckedBackend = {
  name: 'to',
  limits: [],
  behaviours: { ...STANDARD_BEHAVIOURS, nodePortSourceNat: 'never', loadBalancing: 'maglev' },
};

const deployment = (name: string, rest = '', labels = `{app: ${name}}`): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  ${rest}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: ${labels}}
    spec: {containers: [{name: main, image: none, ports: [{name: http, containerPort: 8080}]}]}
`;
const service = (name: string, spec: string): string => `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: web}, ${spec}}
`;
const POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: office, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: http}]}]
`;
const NODE_PORT = service('web', 'type: NodePort, ports: [{port: 80, targetPort: http, nodePort: 30080}]');

/** `CODE Kind namespace/name` of what a switch changes for these manifests. */
function changes(...documents: readonly string[]): readonly string[] {
  const { resources, problems, standIns } = loadManifests(documents.join('\n---\n'), 'chart.yaml');
  expect(problems).to.deep.equal([]);
  const report = checkCluster({
    resources: resources.map(({ resource }) => resource),
    standIns,
    backends: [],
    from: FROM,
    to: TO,
  });
  return report.behaviourChanges.map(({ code, object }) => `${code} ${formatObjectRef(object)}`);
}

/** Addresses behind each service. */
function endpointsOf(...documents: readonly string[]): Readonly<Record<string, number | undefined>> {
  const { resources, standIns } = loadManifests(documents.join('\n---\n'), 'chart.yaml');
  const index = new ClusterIndex(
    withStandIns(
      resources.map(({ resource }) => resource),
      standIns,
    ),
  );
  return Object.fromEntries(index.all('Service').map((each) => [each.metadata.name, index.endpointsOf(each)?.length]));
}

describe('manifests without pods and endpoints', () => {
  it('name the policy and the service that a switch affects, and no pod that stands in', () => {
    expect(changes(deployment('web'), NODE_PORT, POLICY)).to.deep.equal([
      'PP_CHANGE_POLICY_SOURCE NetworkPolicy shop/office',
      'PP_CHANGE_SERVICE_SOURCE Service shop/web',
      'PP_CHANGE_SERVICE_BALANCING Service shop/web',
    ]);
  });

  it('name policies by the selector alone, where the workload is written elsewhere', () => {
    expect(changes(NODE_PORT, POLICY)).to.deep.equal([
      'PP_CHANGE_POLICY_SOURCE NetworkPolicy shop/office',
      'PP_CHANGE_SERVICE_SOURCE Service shop/web',
      'PP_CHANGE_SERVICE_BALANCING Service shop/web',
    ]);
    expect(changes(NODE_PORT, POLICY.replace('{app: web}', '{app: other}'))).not.to.include(
      'PP_CHANGE_POLICY_SOURCE NetworkPolicy shop/office',
    );
  });

  it('name no policy of a workload that the service does not select', () => {
    const elsewhere = NODE_PORT.replace('{app: web}', '{app: other}');
    expect(changes(deployment('web'), deployment('other'), elsewhere, POLICY)).not.to.include(
      'PP_CHANGE_POLICY_SOURCE NetworkPolicy shop/office',
    );
  });

  it('know the number of a named port from the template, and the one that is written otherwise', () => {
    const other = NODE_PORT.replace('targetPort: http', 'targetPort: 9090');
    expect(changes(deployment('web'), other, POLICY)).not.to.include(
      'PP_CHANGE_POLICY_SOURCE NetworkPolicy shop/office',
    );
    const named = POLICY.replace('port: http', 'port: 8080');
    expect(changes(deployment('web'), NODE_PORT, named)[0]).to.equal(
      'PP_CHANGE_POLICY_SOURCE NetworkPolicy shop/office',
    );
  });

  it('leave a choice of endpoints unless one replica is all that is asked for', () => {
    const internal = service('web', 'ports: [{port: 80}]');
    expect(changes(deployment('web'), internal)).to.deep.equal(['PP_CHANGE_SERVICE_BALANCING Service shop/web']);
    expect(changes(deployment('web', 'replicas: 3'), internal)).to.have.length(1);
    expect(changes(deployment('web', 'replicas: 1'), internal)).to.deep.equal([]);
  });

  it('have no service address where they ask for none', () => {
    expect(changes(deployment('web'), service('web', 'clusterIP: None, ports: [{port: 80}]'))).to.deep.equal([]);
  });

  it('count every kind of workload', () => {
    const stateful = deployment('web').replace('Deployment', 'StatefulSet');
    const daemon = deployment('web').replace('Deployment', 'DaemonSet');
    const job = deployment('web').replace('apps/v1', 'batch/v1').replace('Deployment', 'Job');
    for (const workload of [stateful, daemon, job]) {
      expect(endpointsOf(workload, NODE_PORT)).to.deep.equal({ web: 2 });
    }
  });

  it('are added to nowhere that the pods themselves, or the slices, are known', () => {
    const pod = `
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: main, ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.1.0.10}
`;
    const slice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: []
ports: []
`;
    expect(endpointsOf(deployment('web'), NODE_PORT, pod)).to.deep.equal({ web: 1 });
    expect(endpointsOf(deployment('web'), NODE_PORT, slice)).to.deep.equal({ web: 0 });
  });

  it('may have broken templates, which stand in for nothing: the selector does', () => {
    const broken = deployment('web', 'replicas: 1').replace('containerPort: 8080', 'containerPort: 99999');
    expect(endpointsOf(deployment('web', 'replicas: 1'), NODE_PORT)).to.deep.equal({ web: 1 });
    expect(endpointsOf(broken, NODE_PORT)).to.deep.equal({ web: 2 });
  });
});
