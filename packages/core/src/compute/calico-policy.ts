/** Calico's NetworkPolicy and GlobalNetworkPolicy (projectcalico.org/v3), staged or not, as policies. */
import type { CalicoNetworkPolicy, CalicoPolicySpec, GlobalNetworkPolicy } from '../resources/kinds/calico';
import type { StagedGlobalNetworkPolicy, StagedNetworkPolicy } from '../resources/kinds/calico-staged';
import { keyOfResource } from '../resources/resource';
import { allOf, Selector, type SelectorNode } from '../resources/selectors';
import type { PolicyStage } from '../state';
import { renderCalicoRules } from './calico-rule';
import { inNamespace, namespaceScope, ownCondition, serviceAccountScope } from './calico-scope';
import { policyKey } from './keys';
import { type PolicySpec, type RenderedRules, SetCollector, sortNameOf } from './policy-spec';

type NamespacedPolicy = CalicoNetworkPolicy | StagedNetworkPolicy;
type GlobalPolicy = GlobalNetworkPolicy | StagedGlobalNetworkPolicy;

export function calicoPolicySpec(policy: NamespacedPolicy | GlobalPolicy): PolicySpec {
  const { tier, order } = policy.spec;
  return {
    key: policyKey(keyOfResource(policy)),
    origin: { object: policy.ref, field: '' },
    tier,
    order: order ?? Number.POSITIVE_INFINITY,
    sortName: sortNameOf(isGlobal(policy) ? 'GlobalNetworkPolicy' : 'NetworkPolicy', policy.metadata),
    selector: selectorOf(policy),
    stage: stageOf(policy),
    isStaged: policy.kind === 'StagedNetworkPolicy' || policy.kind === 'StagedGlobalNetworkPolicy',
    appliesOnForward: !isGlobal(policy) || policy.spec.applyOnForward,
    types: policy.spec.types,
    renderRules: (hasUnreadNets) => renderRules(policy, hasUnreadNets),
  };
}

function selectorOf(policy: NamespacedPolicy | GlobalPolicy): Selector {
  const { spec, metadata } = policy;
  const scope: SelectorNode[] = [];
  if (metadata.namespace !== undefined) scope.push(inNamespace(metadata.namespace));
  if (isGlobal(policy) && policy.spec.namespaceSelector !== undefined) {
    scope.push(namespaceScope(policy.spec.namespaceSelector));
  }
  if (spec.serviceAccountSelector !== undefined) scope.push(serviceAccountScope(spec.serviceAccountSelector));
  return new Selector(allOf(ownCondition(spec.selector), ...scope));
}

function isGlobal(policy: NamespacedPolicy | GlobalPolicy): policy is GlobalPolicy {
  return policy.kind === 'GlobalNetworkPolicy' || policy.kind === 'StagedGlobalNetworkPolicy';
}

function stageOf(policy: NamespacedPolicy | GlobalPolicy): PolicyStage {
  if (!isGlobal(policy)) return 'normal';
  return policy.spec.doNotTrack ? 'untracked' : policy.spec.preDNAT ? 'preDnat' : 'normal';
}

function renderRules(
  { ref, metadata, spec }: { readonly spec: CalicoPolicySpec } & Pick<CalicoNetworkPolicy, 'ref' | 'metadata'>,
  hasUnreadNets: boolean,
): RenderedRules {
  const sets = new SetCollector();
  const context = { namespace: metadata.namespace, sets, hasUnreadNets };
  const render = (direction: 'ingress' | 'egress') =>
    renderCalicoRules(spec[direction], { object: ref, field: `spec.${direction}` }, context);
  const ingress = spec.types.includes('Ingress') ? render('ingress') : [];
  const egress = spec.types.includes('Egress') ? render('egress') : [];
  return { ingress, egress, ipSets: sets.ipSets };
}
