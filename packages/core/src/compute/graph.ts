/** The calculation of one node's desired state from the cluster's resources: incremental, a function of the current resources only. */
import type {
  StagedGlobalNetworkPolicy,
  StagedKubernetesNetworkPolicy,
  StagedNetworkPolicy,
} from '../resources/kinds/calico-staged';
import type { Labels } from '../resources/metadata';
import { keyOfResource, type Resource, type ResourceKey, splitResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';
import type { Change, InterfaceName, ObjectRef } from '../state';
import { calicoPolicySpec } from './calico-policy';
import { clusterPolicySpec } from './cluster-policy';
import { EndpointPolicies } from './endpoint-policies';
import { HostEndpoints } from './host-endpoints';
import {
  isDerivedProfile,
  namespaceLabels,
  namespaceProfile,
  serviceAccountLabels,
  serviceAccountProfile,
  unreservedLabels,
} from './inheritance';
import { IpSets } from './ip-sets';
import { policyKey } from './keys';
import { kubernetesPolicySpec } from './kubernetes-policy';
import { NetworkSets } from './network-sets';
import { Nodes } from './nodes';
import { Output } from './output';
import type { PolicySpec } from './policy-spec';
import { Pools } from './pools';
import { Profiles } from './profiles';
import { Routes } from './routes';
import { KUBE_PROXY_RULES, type ServiceRules } from './service-rules';
import { Services } from './services';
import { type ChosenSettings, Settings } from './settings';
import { Workloads } from './workloads';

/** Whose desired state is computed, and by which settings. */
export interface ComputeOptions {
  /** The node whose dataplane the desired state is for. */
  readonly nodeName: string;
  /** Names the host side of a workload's interface. Default: as its WorkloadEndpoint says, else Calico's `cali` and a digest of its name. */
  readonly interfaceNameOf?: (workload: ObjectRef) => InterfaceName;
  /** Settings of the node in place of the defaults. */
  readonly settings?: ChosenSettings;
  /** How services are read, where proxies differ. Default: as kube-proxy reads them. */
  readonly serviceRules?: Partial<ServiceRules>;
}

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/**
 * Takes changes of resources, gives the changes of the desired state that they cause: only objects that differ, each
 * once, in safe order. The desired state depends on the resources that are there, not on the way they came. An event
 * costs what it touches.
 */
export class ComputeGraph {
  private readonly output = new Output();
  private readonly ipSets = new IpSets();
  private readonly networkSets = new NetworkSets(this.ipSets);
  private readonly profiles = new Profiles(this.ipSets, this.output, this.networkSets);
  private readonly policies = new EndpointPolicies(this.ipSets, this.output, this.networkSets);
  private readonly pools = new Pools(this.output);
  private readonly settings: Settings;
  private readonly routes: Routes;
  private readonly nodes: Nodes;
  private readonly services: Services;
  private readonly workloads: Workloads;
  private readonly hostEndpoints: HostEndpoints;

  constructor(private readonly options: ComputeOptions) {
    const { nodeName, interfaceNameOf } = options;
    const { ipSets, policies, profiles, output } = this;
    this.settings = new Settings(nodeName, options.settings ?? {}, output);
    this.routes = new Routes(nodeName, this.pools, output);
    this.nodes = new Nodes(nodeName, this.settings, ipSets, output);
    this.services = new Services(nodeName, { ...KUBE_PROXY_RULES, ...options.serviceRules }, output);
    const sinks = { ipSets, policies, profiles, routes: this.routes, output };
    this.workloads = new Workloads(nodeName, interfaceNameOf, this.settings, sinks);
    this.hostEndpoints = new HostEndpoints(nodeName, ipSets, policies, profiles, output);
  }

  /** The first call also gives what holds without any resource. */
  apply(changes: readonly ResourceChange[]): readonly Change[] {
    const last = new Map<ResourceKey, ResourceChange>();
    for (const change of changes) last.set(change.op === 'put' ? keyOfResource(change.resource) : change.key, change);
    for (const [key, change] of last) {
      if (change.op === 'put') this.put(change.resource);
      else this.remove(key);
    }
    return this.flush();
  }

  /** What of the current resources cannot take effect, and why. */
  get problems(): readonly ResourceProblem[] {
    return this.policies.problems();
  }

  private put(resource: Resource): void {
    switch (resource.kind) {
      case 'Node':
        this.nodes.put(resource);
        this.routes.putNode(resource);
        if (resource.metadata.name === this.options.nodeName)
          this.services.putZone(resource.metadata.labels[ZONE_LABEL]);
        return;
      case 'Namespace': {
        const { name, labels } = resource.metadata;
        this.putParent(namespaceProfile(name), namespaceLabels(name, labels));
        return;
      }
      case 'Pod':
        this.workloads.putPod(resource);
        return;
      case 'Service':
        this.services.putService(resource);
        return;
      case 'Endpoints':
        this.services.putEndpoints(resource);
        return;
      case 'EndpointSlice':
        this.services.putSlice(resource);
        this.ipSets.services.put(resource);
        return;
      case 'NetworkPolicy':
        this.policies.putPolicy(kubernetesPolicySpec(resource));
        return;
      case 'AdminNetworkPolicy':
      case 'BaselineAdminNetworkPolicy':
      case 'ClusterNetworkPolicy':
        this.policies.putPolicy(clusterPolicySpec(resource));
        return;
      case 'CalicoNetworkPolicy':
      case 'GlobalNetworkPolicy':
        this.policies.putPolicy(calicoPolicySpec(resource));
        return;
      case 'StagedNetworkPolicy':
      case 'StagedGlobalNetworkPolicy':
        this.putStaged(resource, calicoPolicySpec(resource));
        return;
      case 'StagedKubernetesNetworkPolicy':
        this.putStaged(resource, kubernetesPolicySpec(resource));
        return;
      case 'ServiceAccount': {
        const { namespace = '', name, labels } = resource.metadata;
        this.putParent(serviceAccountProfile(namespace, name), serviceAccountLabels(name, labels));
        return;
      }
      case 'Profile': {
        const { name } = resource.metadata;
        this.profiles.put(resource);
        if (!isDerivedProfile(name)) this.putParent(name, unreservedLabels(resource.spec.labelsToApply));
        return;
      }
      case 'NetworkSet':
      case 'GlobalNetworkSet':
        this.changeNetworkSets(() => this.networkSets.put(keyOfResource(resource), resource));
        return;
      case 'Tier':
        this.policies.putTier(resource);
        return;
      case 'HostEndpoint':
        this.hostEndpoints.put(resource);
        return;
      case 'WorkloadEndpoint':
        this.workloads.putEndpoint(resource);
        return;
      case 'IPPool':
        this.pools.put(resource);
        this.routes.poolsChanged();
        return;
      case 'FelixConfiguration':
        this.settings.putFelix(resource);
        this.workloads.settingsChanged();
        return;
      case 'BGPConfiguration':
        this.settings.putBgp(resource);
        return;
      case 'Installation':
        this.settings.putInstallation(resource);
        return;
    }
  }

  private remove(key: ResourceKey): void {
    const { kind, namespace, name } = splitResourceKey(key);
    switch (kind) {
      case 'Node':
        this.nodes.remove(name);
        this.routes.removeNode(name);
        if (name === this.options.nodeName) this.services.putZone(undefined);
        return;
      case 'Namespace':
        this.removeParent(namespaceProfile(name));
        return;
      case 'Pod':
        this.workloads.removePod(namespace, name);
        return;
      case 'Service':
        this.services.removeService(`${namespace}/${name}`);
        return;
      case 'Endpoints':
        this.services.removeEndpoints(`${namespace}/${name}`);
        return;
      case 'EndpointSlice':
        this.services.removeSlice(`${namespace}/${name}`);
        this.ipSets.services.remove(`${namespace}/${name}`);
        return;
      case 'ServiceAccount':
        this.removeParent(serviceAccountProfile(namespace, name));
        return;
      case 'Profile':
        this.profiles.remove(name);
        if (!isDerivedProfile(name)) this.removeParent(name);
        return;
      case 'NetworkSet':
      case 'GlobalNetworkSet':
        this.changeNetworkSets(() => this.networkSets.remove(key));
        return;
      case 'NetworkPolicy':
      case 'AdminNetworkPolicy':
      case 'BaselineAdminNetworkPolicy':
      case 'ClusterNetworkPolicy':
      case 'CalicoNetworkPolicy':
      case 'GlobalNetworkPolicy':
      case 'StagedNetworkPolicy':
      case 'StagedGlobalNetworkPolicy':
      case 'StagedKubernetesNetworkPolicy':
        this.policies.removePolicy(policyKey(key));
        return;
      case 'Tier':
        this.policies.removeTier(name);
        return;
      case 'HostEndpoint':
        this.hostEndpoints.remove(name);
        return;
      case 'WorkloadEndpoint':
        this.workloads.removeEndpoint(namespace, name);
        return;
      case 'IPPool':
        this.pools.remove(name);
        this.routes.poolsChanged();
        return;
      case 'FelixConfiguration':
        this.settings.removeFelix(name);
        this.workloads.settingsChanged();
        return;
      case 'BGPConfiguration':
        this.settings.removeBgp(name);
        return;
      case 'Installation':
        this.settings.removeInstallation(name);
        return;
    }
  }

  /** Only what a staged policy would set can be evaluated; what it would delete or learn is no rule. */
  private putStaged(
    { spec }: StagedNetworkPolicy | StagedGlobalNetworkPolicy | StagedKubernetesNetworkPolicy,
    policy: PolicySpec,
  ): void {
    if (spec.stagedAction === 'Set') this.policies.putPolicy(policy);
    else this.policies.removePolicy(policy.key);
  }

  /** Whether some range cannot be read decides how rules read. */
  private changeNetworkSets(change: () => void): void {
    const had = this.networkSets.hasUnread;
    change();
    if (this.networkSets.hasUnread === had) return;
    this.policies.renderAnew();
    this.profiles.renderAnew();
  }

  private putParent(key: string, labels: Labels): void {
    this.ipSets.selected.putParent(key, labels);
    this.policies.putParent(key, labels);
  }

  private removeParent(key: string): void {
    this.ipSets.selected.removeParent(key);
    this.policies.removeParent(key);
  }

  private flush(): readonly Change[] {
    for (const endpoint of this.policies.flush()) {
      this.workloads.render(endpoint);
      this.hostEndpoints.render(endpoint);
    }
    this.services.flush();
    return this.output.flush(this.ipSets.flush());
  }
}
