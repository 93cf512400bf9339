/** Workloads: the endpoints of this node's pods, and what every workload of the cluster brings into IP sets. */
import { createHash } from 'node:crypto';
import type { CalicoWorkloadEndpoint } from '../resources/kinds/calico-workload';
import type { Pod } from '../resources/kinds/kubernetes';
import type { InterfaceName, ObjectRef, WorkloadEndpoint, WorkloadKey } from '../state';
import { type EndpointKey, type EndpointPolicies, isOfStage } from './endpoint-policies';
import type { IpSets } from './ip-sets';
import { workloadKey } from './keys';
import type { Output } from './output';
import type { Profiles } from './profiles';
import type { Routes } from './routes';
import type { Settings } from './settings';
import { type WorkloadSpec, workloadOfEndpoint, workloadOfPod } from './workload-spec';

/** Calico's name for the host side of a pod's interface. */
export function defaultInterfaceName(namespace: string, name: string): InterfaceName {
  const digest = createHash('sha1').update(`${namespace}.${name}`).digest('hex');
  return `cali${digest.slice(0, 11)}` as InterfaceName;
}

/** Where the workloads' objects go. */
export interface WorkloadSinks {
  readonly ipSets: IpSets;
  readonly policies: EndpointPolicies;
  readonly profiles: Profiles;
  readonly routes: Routes;
  readonly output: Output;
}

export class Workloads {
  /** What describes a workload: its pod, and Calico's endpoints of it by their names. */
  private readonly sources = new Map<WorkloadKey, { pod?: Pod; endpoints?: Map<string, CalicoWorkloadEndpoint> }>();
  /** The workload that an endpoint describes, by `namespace/name` of the endpoint. */
  private readonly workloadOf = new Map<string, WorkloadKey>();
  private readonly local = new Map<WorkloadKey, WorkloadSpec>();

  constructor(
    private readonly nodeName: string,
    private readonly interfaceNameOf: ((workload: ObjectRef) => InterfaceName) | undefined,
    private readonly settings: Settings,
    private readonly sinks: WorkloadSinks,
  ) {}

  putPod(pod: Pod): void {
    const key = workloadKey(pod.metadata.namespace ?? '', pod.metadata.name);
    this.source(key).pod = pod;
    this.update(key);
  }

  removePod(namespace: string, name: string): void {
    const key = workloadKey(namespace, name);
    delete this.source(key).pod;
    this.update(key);
  }

  putEndpoint(endpoint: CalicoWorkloadEndpoint): void {
    const { namespace = '', name } = endpoint.metadata;
    const key = workloadKey(namespace, endpoint.spec.pod ?? name);
    if (this.workloadOf.get(`${namespace}/${name}`) !== key) this.removeEndpoint(namespace, name);
    this.workloadOf.set(`${namespace}/${name}`, key);
    const source = this.source(key);
    source.endpoints ??= new Map();
    source.endpoints.set(name, endpoint);
    this.update(key);
  }

  removeEndpoint(namespace: string, name: string): void {
    const key = this.workloadOf.get(`${namespace}/${name}`);
    if (key === undefined) return;
    this.workloadOf.delete(`${namespace}/${name}`);
    const source = this.source(key);
    source.endpoints?.delete(name);
    if (source.endpoints?.size === 0) delete source.endpoints;
    this.update(key);
  }

  /** The node's settings decide over what its workloads may do. */
  settingsChanged(): void {
    for (const key of this.local.keys()) this.sinks.policies.touch(key);
  }

  /** Tells the workload endpoint of this key, if it is one of this node. */
  render(key: EndpointKey): void {
    // Keys of host endpoints are in no map of workloads.
    const workload = key as WorkloadKey;
    const spec = this.local.get(workload);
    if (spec !== undefined) this.sinks.output.put(this.renderSpec(workload, spec));
  }

  private source(key: WorkloadKey) {
    const source = this.sources.get(key) ?? {};
    this.sources.set(key, source);
    return source;
  }

  private update(key: WorkloadKey): void {
    const { pod, endpoints } = this.source(key);
    // Several endpoints of one workload are no case of Kubernetes'; the first name counts.
    const endpoint =
      endpoints && [...endpoints.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[0];
    if (pod === undefined && endpoint === undefined) this.sources.delete(key);
    const spec =
      pod !== undefined ? workloadOfPod(pod, endpoint) : endpoint && workloadOfEndpoint(endpoint, nameOf(endpoint));
    if (spec === undefined) this.withdraw(key);
    else this.offer(key, spec);
  }

  private offer(key: WorkloadKey, spec: WorkloadSpec): void {
    const { labels, parents, addresses, ports } = spec;
    this.sinks.ipSets.selected.put(key, labels, parents, { addresses, nets: [], ports });
    if (spec.nodeName !== this.nodeName) {
      this.withdrawLocal(key);
      return;
    }
    this.local.set(key, spec);
    this.sinks.policies.putEndpoint(key, labels, parents);
    this.sinks.routes.putWorkload(key, spec.ref, addresses);
  }

  private withdraw(key: WorkloadKey): void {
    this.sinks.ipSets.selected.remove(key);
    this.withdrawLocal(key);
  }

  private withdrawLocal(key: WorkloadKey): void {
    if (!this.local.delete(key)) return;
    this.sinks.policies.removeEndpoint(key);
    this.sinks.profiles.use(key, []);
    this.sinks.routes.removeWorkload(key);
    this.sinks.output.remove(key);
  }

  private renderSpec(key: WorkloadKey, spec: WorkloadSpec): WorkloadEndpoint {
    const { ref, namespace, name, addresses } = spec;
    const maySpoof = this.settings.felixSetting('workloadSourceSpoofing') === 'Any';
    const mayFloat = this.settings.felixSetting('floatingIPs') === 'Enabled';
    return {
      type: 'workload',
      key,
      origin: { object: ref, field: '' },
      namespace,
      name,
      interfaceName: this.interfaceNameOf?.(ref) ?? spec.interfaceName ?? defaultInterfaceName(namespace, name),
      addresses,
      allowedSources: maySpoof ? spec.sourcePrefixes : [],
      ...(mayFloat && spec.floatingAddresses.length > 0 && { floatingAddresses: spec.floatingAddresses }),
      tiers: this.sinks.policies.tiersOf(key, isOfStage('normal')),
      profiles: this.sinks.profiles.use(key, spec.profiles),
    };
  }
}

function nameOf({ metadata, spec }: CalicoWorkloadEndpoint): string {
  return spec.pod ?? metadata.name;
}
