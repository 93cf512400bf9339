/** An event sequence for every list of numbers: what property tests feed a backend with. */
import { type Change, type DesiredObject, type IpSet, type Policy, TCP } from '@polyplane/core';
import {
  buildFrontend,
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
  ports,
} from '@polyplane/core/testing';
import { type Batch, changesBetween, type StateSnapshot } from './expansions';

/**
 * One batch a number; each changes one thing of a small node: a set's members, a policy, a workload, a service, or the
 * settings come, change or go. After each batch no object names one that is not there. Numbers are integers from 0 on.
 */
export function sequenceOfChoices(choices: readonly number[]): readonly Batch[] {
  const variants = SLOTS.map(() => 0);
  let state: StateSnapshot = new Map();
  return choices.map((choice) => {
    variants[choice % SLOTS.length] = Math.floor(choice / SLOTS.length) % VARIANTS;
    const next = stateOfVariants(variants);
    const batch = changesBetween(state, next).map((change) => asMemberChange(state, change));
    state = next;
    return batch;
  });
}

/** Of each slot: 0 is not there, the others differ. */
const VARIANTS = 4;
const SLOTS = ['settings', 'set-a', 'set-b', 'policy-a', 'policy-b', 'web', 'api', 'service'] as const;

function stateOfVariants(variants: readonly number[]): StateSnapshot {
  const variantOf = (slot: (typeof SLOTS)[number]): number => variants[SLOTS.indexOf(slot)] ?? 0;
  const sets = (['set-a', 'set-b'] as const).flatMap((slot) => setsOf(slot, variantOf(slot)));
  const policies = (['policy-a', 'policy-b'] as const).flatMap((slot) => policiesOf(slot, variantOf(slot), sets));
  const objects: readonly DesiredObject[] = [
    // There are always settings, as in every desired state.
    buildSettings({ masqueradeAll: variantOf('settings') % 2 === 1 }),
    ...sets,
    ...policies,
    ...workloadsOf('web', '10.65.0.2', variantOf('web'), policies),
    ...workloadsOf('api', '10.65.0.3', variantOf('api'), [...policies].reverse()),
    ...servicesOf(variantOf('service')),
  ];
  return new Map(objects.map((object) => [object.key, object]));
}

function setsOf(name: string, variant: number): readonly IpSet[] {
  if (variant === 0) return [];
  const members = ['10.65.0.2/32', '10.65.0.3/32', '10.66.0.0/16', 'fd00::/64'].slice(variant - 1, variant + 1);
  return [buildIpSet(name, 'net', members)];
}

function policiesOf(name: string, variant: number, sets: readonly IpSet[]): readonly Policy[] {
  if (variant === 0) return [];
  const source = { ipSets: sets.slice(0, variant - 1).map(({ key }) => key), notNets: nets('192.0.2.0/24') };
  const rule = buildRule(variant === 2 ? 'deny' : 'allow', {
    source,
    destination: { ports: variant === 3 ? ports(80) : [] },
  });
  // Ports are asked of a protocol that has them.
  return [buildPolicy(name, { ingress: [variant === 3 ? { ...rule, protocol: TCP } : rule] })];
}

function workloadsOf(
  name: string,
  address: string,
  variant: number,
  policies: readonly Policy[],
): readonly DesiredObject[] {
  if (variant === 0) return [];
  return [buildWorkload(name, address, { tiers: [buildTier(policies.slice(0, variant - 1))] })];
}

function servicesOf(variant: number): readonly DesiredObject[] {
  if (variant === 0) return [];
  const endpoints = ['10.65.0.2', '10.65.0.3'].slice(0, variant - 1);
  return [
    buildService(
      'shop',
      [buildFrontend('clusterIp', 80, '10.96.0.10')],
      endpoints.map((address) => buildServiceEndpoint(address, 8080, true)),
    ),
  ];
}

/** A set that stays and changes is told by its members, as compute tells it. */
function asMemberChange(state: StateSnapshot, change: Change): Change {
  if (change.op !== 'put' || change.object.type !== 'ipSet') return change;
  const before = state.get(change.object.key);
  if (before?.type !== 'ipSet') return change;
  const { key, members } = change.object;
  return {
    op: 'members',
    key,
    added: [...members].filter((member) => !before.members.has(member)),
    removed: [...before.members].filter((member) => !members.has(member)),
  };
}
