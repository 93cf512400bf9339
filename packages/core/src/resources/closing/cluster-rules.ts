/** Rules of the cluster-wide policies of policy.networking.k8s.io. */
import { parseCidr } from '../../state';
import type { FieldPath } from '../field-path';
import type { ClusterPolicyPeer, ClusterPolicyRule } from '../kinds/cluster-policy';
import type { Resource } from '../resource';
import { type FaultPlace, isRawMap, without } from './fault-paths';
import { type Direction, isAtFault, isWholeAtFault, NO_LABELS, type RuleForm } from './rule-form';

const EVERY_NETWORK = ['0.0.0.0/0', '::/0'];
const EVERYONE: ClusterPolicyPeer = { kind: 'networks', networks: EVERY_NETWORK.map(parseCidr) };

/** @param allow the API's word for it */
export function clusterRules(allow: 'Allow' | 'Accept'): RuleForm {
  return {
    isOpenByDefault: true,
    close: (rule, faults, direction) => close(rule, faults, direction, allow),
    closeAll: denyEveryone,
    finish: (resource, faults) =>
      'spec' in resource && isClusterPolicy(resource) ? finish(resource, faults) : resource,
  };
}

function close(rule: unknown, faults: readonly FieldPath[], direction: Direction, allow: string): unknown {
  if (!isRawMap(rule) || isWholeAtFault(faults)) return denyEveryone(direction);
  // A name decides about no packet.
  if (faults.every(([first]) => first === 'name')) return without(rule, new Set(['name']));
  const peers = peersField(direction);
  if (rule.action === allow && !isAtFault(faults, 'action')) {
    return { action: allow, [peers]: [{ pods: { namespaceSelector: {}, podSelector: NO_LABELS } }] };
  }
  const ports = PORTS_FIELDS.filter((field) => rule[field] !== undefined && !isAtFault(faults, field));
  return {
    ...(isAtFault(faults, peers) ? denyEveryone(direction) : { action: 'Deny', [peers]: rule[peers] }),
    ...Object.fromEntries(ports.map((field) => [field, rule[field]])),
  };
}

const PORTS_FIELDS = ['ports', 'protocols'] as const;

function peersField(direction: Direction): 'from' | 'to' {
  return direction === 'ingress' ? 'from' : 'to';
}

/** Whom the API has no words for among senders, {@link finish} adds. */
function denyEveryone(direction: Direction): object {
  return direction === 'ingress'
    ? { action: 'Deny', from: [{ namespaces: {} }] }
    : { action: 'Deny', to: [{ networks: EVERY_NETWORK }] };
}

type ClusterPolicy = Extract<
  Resource,
  { readonly kind: 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy' | 'ClusterNetworkPolicy' }
>;

function isClusterPolicy(resource: Resource): resource is ClusterPolicy {
  return resource.kind.endsWith('NetworkPolicy') && 'subject' in (resource as ClusterPolicy).spec;
}

/** A deny rule whose senders cannot be read denies everyone, not only every pod. */
function finish(resource: ClusterPolicy, faults: readonly FaultPlace[]): ClusterPolicy {
  const ingress = resource.spec.ingress.map((rule, index): ClusterPolicyRule => {
    const isWidened = rule.action === 'Deny' && faults.some(({ path }) => concernsSenders(path, index));
    return isWidened ? { ...rule, peers: [EVERYONE] } : rule;
  });
  // The spec is the same but for its rules.
  return { ...resource, spec: { ...resource.spec, ingress } } as ClusterPolicy;
}

function concernsSenders([spec, direction, index, field]: FieldPath, rule: number): boolean {
  if (spec !== 'spec' || direction !== 'ingress') return false;
  return index === undefined || (index === rule && (field === undefined || field === 'from'));
}
