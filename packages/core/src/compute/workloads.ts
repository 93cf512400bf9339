/** Pods: the workload endpoints of this node, and what every pod of the cluster brings into IP sets. */
import { createHash } from 'node:crypto';
import type { Pod } from '../resources/kinds/kubernetes';
import type { InterfaceName, ObjectRef, WorkloadEndpoint, WorkloadKey } from '../state';
import { parseProtocol } from '../state';
import { type EndpointKey, type EndpointPolicies, isOfStage } from './endpoint-policies';
import { namespaceProfile, ownLabels, podParent, serviceAccountProfile } from './inheritance';
import type { IpSets } from './ip-sets';
import { workloadKey } from './keys';
import type { Output } from './output';
import type { Profiles } from './profiles';

/** Calico's name for the host side of a pod's interface. */
export function defaultInterfaceName(namespace: string, name: string): InterfaceName {
  const digest = createHash('sha1').update(`${namespace}.${name}`).digest('hex');
  return `cali${digest.slice(0, 11)}` as InterfaceName;
}

export class Workloads {
  private readonly local = new Map<WorkloadKey, Pod>();

  constructor(
    private readonly nodeName: string,
    private readonly interfaceNameOf: (pod: ObjectRef) => InterfaceName,
    private readonly ipSets: IpSets,
    private readonly policies: EndpointPolicies,
    private readonly profiles: Profiles,
    private readonly output: Output,
  ) {}

  put(pod: Pod): void {
    const key = keyOf(pod);
    if (!hasOwnNetwork(pod)) {
      this.remove(key);
      return;
    }
    const labels = ownLabels(pod.metadata.labels);
    const parents = parentsOf(pod);
    this.ipSets.selected.put(key, labels, parents, {
      addresses: pod.status.podIPs,
      nets: [],
      ports: pod.spec.ports.flatMap(({ name, protocol, containerPort }) =>
        name === undefined ? [] : [{ name, protocol: parseProtocol(protocol), port: containerPort }],
      ),
    });
    if (pod.spec.nodeName === this.nodeName) {
      this.local.set(key, pod);
      this.policies.putEndpoint(key, labels, parents);
    } else this.removeLocal(key);
  }

  remove(key: WorkloadKey): void {
    this.ipSets.selected.remove(key);
    this.removeLocal(key);
  }

  /** Tells the workload endpoint of this key, if it is one of a pod of this node. */
  render(key: EndpointKey): void {
    // Keys of host endpoints are in no map of pods.
    const workload = key as WorkloadKey;
    const pod = this.local.get(workload);
    if (pod !== undefined) this.output.put(this.renderPod(workload, pod));
  }

  private removeLocal(key: WorkloadKey): void {
    if (!this.local.delete(key)) return;
    this.policies.removeEndpoint(key);
    this.profiles.use(key, []);
    this.output.remove(key);
  }

  private renderPod(key: WorkloadKey, pod: Pod): WorkloadEndpoint {
    const { namespace = '', name } = pod.metadata;
    return {
      type: 'workload',
      key,
      origin: { object: pod.ref, field: '' },
      namespace,
      name,
      interfaceName: this.interfaceNameOf(pod.ref),
      addresses: pod.status.podIPs,
      allowedSources: [],
      tiers: this.policies.tiersOf(key, isOfStage('normal')),
      profiles: this.profiles.use(key, [namespaceProfile(namespace)]),
    };
  }
}

function keyOf({ metadata: { namespace = '', name } }: Pod): WorkloadKey {
  return workloadKey(namespace, name);
}

/** Host-network pods are the node itself; finished pods have given their addresses back. */
function hasOwnNetwork({ spec, status }: Pod): boolean {
  const isFinished = status.phase === 'Succeeded' || status.phase === 'Failed';
  return !spec.hostNetwork && !isFinished && status.podIPs.length > 0;
}

function parentsOf({ metadata: { namespace = '' }, spec }: Pod): readonly string[] {
  const account = spec.serviceAccountName ?? 'default';
  return [podParent(namespace, account), namespaceProfile(namespace), serviceAccountProfile(namespace, account)];
}
