/** Manifests of a synthetic cluster as kubectl prints them: the same number gives the same text. */
import { stringify } from 'yaml';

/** How the objects stand in the text: one document each, or one List as `kubectl get -o yaml` and `-o json` print it. */
export type ManifestForm = 'documents' | 'list' | 'json';

type ApiObject = Readonly<Record<string, unknown>>;

/** The manifests of so many objects: of ten, four are pods; the rest are what stands around them. */
export function renderManifests(count: number, form: ManifestForm): string {
  const objects = Array.from({ length: count }, (_, index) => apiObject(index));
  if (form === 'documents') return objects.map((object) => print(object)).join('---\n');
  const list = { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } };
  if (form === 'json') return `${JSON.stringify(list, undefined, 4)}\n`;
  const items = objects.map((object) =>
    print(object)
      .replace(/^(?=.)/gm, '  ')
      .replace(/^ {2}/, '- '),
  );
  return `apiVersion: v1\nitems:\n${items.join('')}kind: List\nmetadata:\n  resourceVersion: ""\n`;
}

/** One manifest a text. */
export function renderManifest(index: number): string {
  return print(apiObject(index));
}

/** In kubectl's style. */
function print(object: ApiObject): string {
  return stringify(object, { aliasDuplicateObjects: false, indentSeq: false, lineWidth: 0 });
}

const MAKERS: readonly ((index: number) => ApiObject)[] = [
  pod,
  service,
  pod,
  endpointSlice,
  pod,
  networkPolicy,
  pod,
  configMap,
  deployment,
  calicoPolicy,
];

/** Some in a hundred ask for what not every backend does. */
const ODD = 50;

function apiObject(index: number): ApiObject {
  const make = MAKERS[index % MAKERS.length] ?? pod;
  return make(index);
}

function metadata(kind: string, index: number, labels: ApiObject = { app: appOf(index) }): ApiObject {
  return {
    annotations: { 'example.com/owner': `team-${index % 20}@example.com` },
    creationTimestamp: '2024-05-14T09:21:33Z',
    labels,
    name: `${kind}-${index}`,
    namespace: `ns-${index % 40}`,
    resourceVersion: String(100_000 + index),
    uid: `5b1f6c1e-7f6b-4a58-9d0e-${String(index).padStart(12, '0')}`,
  };
}

function appOf(index: number): string {
  return `app-${index % 100}`;
}

function addressOf(index: number): string {
  return `10.${(index >>> 16) & 255}.${(index >>> 8) & 255}.${index & 255}`;
}

function pod(index: number): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata('pod', index, { app: appOf(index), 'pod-template-hash': '6f8d9c7b5', tier: 'backend' }),
    spec: {
      containers: [
        {
          args: ['--listen=:8080', '--log-level=info'],
          env: [
            { name: 'DATABASE_HOST', value: 'postgres.data.svc.cluster.local' },
            { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
          ],
          image: 'registry.example.com/shop/server:1.24.3',
          imagePullPolicy: 'IfNotPresent',
          name: 'server',
          ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
          resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
          volumeMounts: [{ mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', name: 'token', readOnly: true }],
        },
      ],
      dnsPolicy: 'ClusterFirst',
      nodeName: `node-${index % 100}`,
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      volumes: [{ name: 'token', projected: { defaultMode: 420, sources: [{ configMap: { name: 'root-ca' } }] } }],
    },
    status: {
      conditions: ['Initialized', 'Ready', 'PodScheduled'].map((type) => ({
        lastProbeTime: null,
        lastTransitionTime: '2024-05-14T09:21:40Z',
        status: 'True',
        type,
      })),
      hostIP: '192.0.2.7',
      phase: 'Running',
      podIP: addressOf(index),
      podIPs: [{ ip: addressOf(index) }],
      qosClass: 'Burstable',
    },
  };
}

function service(index: number): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('service', index),
    spec: {
      clusterIP: `172.${16 + ((index >>> 16) & 15)}.${(index >>> 8) & 255}.${index & 255}`,
      internalTrafficPolicy: 'Cluster',
      ports: [
        { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 },
        { name: 'metrics', port: 9090, protocol: 'TCP', targetPort: 'metrics' },
      ],
      selector: { app: appOf(index) },
      sessionAffinity: isOdd(index) ? 'ClientIP' : 'None',
      type: 'ClusterIP',
    },
    status: { loadBalancer: {} },
  };
}

function endpointSlice(index: number): ApiObject {
  return {
    addressType: 'IPv4',
    apiVersion: 'discovery.k8s.io/v1',
    endpoints: [0, 1, 2].map((endpoint) => ({
      addresses: [addressOf(index + endpoint)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${(index + endpoint) % 100}`,
      targetRef: { kind: 'Pod', name: `pod-${index + endpoint}`, namespace: `ns-${index % 40}` },
    })),
    kind: 'EndpointSlice',
    metadata: metadata('slice', index, { 'kubernetes.io/service-name': `service-${index - 2}` }),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
}

function networkPolicy(index: number): ApiObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata('policy', index),
    spec: {
      ingress: [
        {
          from: [
            { podSelector: { matchLabels: { app: appOf(index + 1) } } },
            { ipBlock: { cidr: '192.168.0.0/16', except: [`192.168.${index % 256}.0/24`] } },
          ],
          ports: [{ port: 8080, protocol: isOdd(index) ? 'SCTP' : 'TCP' }],
        },
      ],
      podSelector: { matchLabels: { app: appOf(index) } },
      policyTypes: ['Ingress'],
    },
  };
}

function configMap(index: number): ApiObject {
  const script = Array.from({ length: 12 }, (_, line) => `step ${line}: "prepare" the ${appOf(index)} # and go on`);
  return {
    apiVersion: 'v1',
    data: { 'run.sh': `${script.join('\n')}\n` },
    kind: 'ConfigMap',
    metadata: metadata('config', index),
  };
}

function deployment(index: number): ApiObject {
  const labels = { app: appOf(index), release: `r${index}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata('deployment', index),
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ image: 'registry.example.com/shop/worker:2.0.1', name: 'worker' }] },
      },
    },
  };
}

function calicoPolicy(index: number): ApiObject {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    metadata: metadata('default.calico', index),
    spec: {
      egress: [{ action: isOdd(index) ? 'Log' : 'Allow', destination: { nets: ['10.0.0.0/8'] } }],
      order: 100,
      selector: `app == '${appOf(index)}' && has(tier)`,
      tier: 'default',
      types: ['Egress'],
    },
  };
}

function isOdd(index: number): boolean {
  return Math.floor(index / MAKERS.length) % ODD === 0;
}
