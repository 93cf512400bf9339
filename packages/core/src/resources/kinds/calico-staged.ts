/** Calico's staged policies (projectcalico.org/v3): evaluated and counted, never enforced. */
import type { ResourceBase } from '../metadata';
import type { CalicoNetworkPolicy, GlobalNetworkPolicy } from './calico';
import type { NetworkPolicy } from './network-policy';

/**
 * What would become of the enforced policy of the same name. `Set`: it would be as this one says. `Delete`: it would go; the rest
 * of the spec is empty. `Learn` and `Ignore`: nothing yet.
 */
export type StagedAction = 'Set' | 'Delete' | 'Learn' | 'Ignore';

interface Staged {
  /** Default `Set`. */
  readonly stagedAction: StagedAction;
}

export interface StagedNetworkPolicy extends ResourceBase<'StagedNetworkPolicy'> {
  readonly spec: CalicoNetworkPolicy['spec'] & Staged;
}

export interface StagedGlobalNetworkPolicy extends ResourceBase<'StagedGlobalNetworkPolicy'> {
  readonly spec: GlobalNetworkPolicy['spec'] & Staged;
}

export interface StagedKubernetesNetworkPolicy extends ResourceBase<'StagedKubernetesNetworkPolicy'> {
  readonly spec: NetworkPolicy['spec'] & Staged;
}
