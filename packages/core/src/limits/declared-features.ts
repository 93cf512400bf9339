/** What a cluster asks of a node's dataplane beyond what its desired state says: settings, other nodes, endpoint slices. */
import type { CalicoWorkloadEndpoint } from '../resources/kinds/calico-workload';
import type { Pod } from '../resources/kinds/kubernetes';
import type { FelixConfiguration, Installation } from '../resources/kinds/settings';
import { keyOfResource, type Resource, type ResourceKey, splitResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import { isWanted, togetherFeatures } from './cluster-features';
import { isLive } from './cluster-index';
import { clusterSettings } from './cluster-settings';
import { isForeignNode } from './endpoint-features';
import type { FeatureUse } from './feature-use';
import { KnownSlices } from './known-slices';
import { featuresOf } from './resource-features';
import { sliceFeatures } from './slice-features';

/**
 * Incremental: an event costs what it touches. Only what concerns all settings (the first live pod, the last one's end, the
 * default FelixConfiguration, which nodes run eBPF mode) looks at the settings again, and at those local pods that have
 * floating addresses; a service or an Endpoints object, at the slices of that service.
 * Other nodes count only for not running this dataplane, workloads only where they are local.
 */
export class DeclaredFeatures {
  readonly #livePods = new Set<ResourceKey>();
  readonly #settings = new Map<ResourceKey, FelixConfiguration | Installation>();
  readonly #floating = new Map<ResourceKey, Pod | CalicoWorkloadEndpoint>();
  readonly #slices = new KnownSlices();
  /** Those that may run this dataplane, by name. */
  readonly #nodes = new Set<string>();
  #clusterSettings = clusterSettings([], new Set());

  constructor(private readonly nodeName: string) {}

  /** The resources whose uses may have changed, each with all that it uses now. */
  apply(changes: readonly ResourceChange[]): ReadonlyMap<ResourceKey, readonly FeatureUse[]> {
    const hadLivePods = this.#hasLivePods;
    // Everything is remembered before anything is judged: what one object uses may depend on another of the same batch.
    for (const change of changes) {
      if (change.op === 'put') this.#remember(change.resource);
      else this.#forget(change.key);
    }
    const haveSettingsChanged = this.#readSettings();
    const touched = new Map<ResourceKey, readonly FeatureUse[]>();
    for (const change of changes) {
      if (change.op === 'remove') touched.set(change.key, []);
      else {
        const uses = this.#usesOf(change.resource);
        if (uses !== undefined) touched.set(keyOfResource(change.resource), uses);
      }
    }
    for (const change of changes) {
      const key = change.op === 'put' ? keyOfResource(change.resource) : change.key;
      for (const slice of this.#slices.dependingOn(key)) touched.set(keyOfResource(slice), this.#usesOf(slice) ?? []);
    }
    if (hadLivePods !== this.#hasLivePods || haveSettingsChanged) {
      for (const resource of [...this.#settings.values(), ...this.#floating.values()]) {
        touched.set(keyOfResource(resource), this.#usesOf(resource) ?? []);
      }
    }
    return touched;
  }

  get #hasLivePods(): boolean {
    return this.#livePods.size > 0;
  }

  #remember(resource: Resource): void {
    const key = keyOfResource(resource);
    this.#slices.put(resource);
    switch (resource.kind) {
      case 'Pod':
        if (isLive(resource)) this.#livePods.add(key);
        else this.#livePods.delete(key);
        this.#rememberFloating(key, resource);
        return;
      case 'WorkloadEndpoint':
        this.#rememberFloating(key, resource);
        return;
      case 'FelixConfiguration':
      case 'Installation':
        this.#settings.set(key, resource);
        return;
      case 'Node':
        if (isForeignNode(resource)) this.#nodes.delete(resource.metadata.name);
        else this.#nodes.add(resource.metadata.name);
    }
  }

  #rememberFloating(key: ResourceKey, resource: Pod | CalicoWorkloadEndpoint): void {
    if (floatingFeatures(resource).length > 0) this.#floating.set(key, resource);
    else this.#floating.delete(key);
  }

  #forget(key: ResourceKey): void {
    const { kind, name } = splitResourceKey(key);
    if (kind === 'Node') this.#nodes.delete(name);
    for (const known of [this.#livePods, this.#settings, this.#floating]) known.delete(key);
    this.#slices.remove(key);
  }

  /** Whether the settings now mean something else together. There are few, whatever the cluster's size. */
  #readSettings(): boolean {
    const { felix, isEbpf, isMixed } = this.#clusterSettings;
    this.#clusterSettings = clusterSettings([...this.#settings.values()], this.#nodes);
    const now = this.#clusterSettings;
    return felix !== now.felix || isEbpf !== now.isEbpf || isMixed !== now.isMixed;
  }

  /** Undefined: nothing is ever declared of this kind. */
  #usesOf(resource: Resource): readonly FeatureUse[] | undefined {
    switch (resource.kind) {
      case 'FelixConfiguration':
      case 'Installation':
        return [...featuresOf(resource), ...togetherFeatures(resource, this.#clusterSettings, this.#hasLivePods)];
      case 'BGPConfiguration':
      case 'IPPool':
      case 'NetworkSet':
      case 'GlobalNetworkSet':
        return featuresOf(resource);
      case 'EndpointSlice':
        return sliceFeatures(resource, this.#slices.beside(resource));
      case 'Node': {
        const isThisNode = resource.metadata.name === this.nodeName;
        return featuresOf(resource).filter(({ feature }) => isThisNode || feature === 'hybridCluster');
      }
      case 'Pod':
        return resource.spec.nodeName === this.nodeName && isLive(resource) ? this.#wantedFloating(resource) : [];
      case 'WorkloadEndpoint':
        return resource.spec.node === this.nodeName ? this.#wantedFloating(resource) : [];
      default:
        return undefined;
    }
  }

  #wantedFloating(resource: Pod | CalicoWorkloadEndpoint): readonly FeatureUse[] {
    return floatingFeatures(resource).filter(({ feature }) => isWanted(resource, feature, this.#clusterSettings.felix));
  }
}

/** What else a workload needs is told by its endpoint of the desired state. */
function floatingFeatures(resource: Pod | CalicoWorkloadEndpoint): readonly FeatureUse[] {
  return featuresOf(resource).filter(({ feature }) => feature === 'floatingIp');
}
