/** Flows of workloads whose policy changes, for those who want them judged anew. */
import {
  type DesiredState,
  familyOf,
  type IpSetKey,
  type Policy,
  type PolicyKey,
  type Profile,
  type ProfileKey,
  type Rule,
  type RuleEnd,
  type WorkloadEndpoint,
} from '../state';
import type { FlowFilter } from './floating-flows';

/** Every flow of every workload that both states hold and whose tiers, profiles, policies or sets differ. */
export function policedFlows(before: DesiredState, after: DesiredState): readonly FlowFilter[] {
  const changed = changedPolicies(before, after);
  const flows: FlowFilter[] = [];
  for (const workload of after.workloads.values()) {
    const old = before.workloads.get(workload.key);
    if (old === undefined || !(isJudgedOtherwise(old, workload) || namesAny(workload, changed))) continue;
    for (const address of workload.addresses) {
      const family = familyOf(address);
      flows.push({ kind: 'workload', family, address, end: 'source' });
      flows.push({ kind: 'workload', family, address, end: 'destination' });
    }
  }
  return flows;
}

type JudgeKey = PolicyKey | ProfileKey;

function changedPolicies(before: DesiredState, after: DesiredState): ReadonlySet<JudgeKey> {
  const changedSets = changedKeys(before.ipSets, after.ipSets);
  const changed = new Set<JudgeKey>([
    ...changedKeys(before.policies, after.policies),
    ...changedKeys(before.profiles, after.profiles),
  ]);
  if (changedSets.size === 0) return changed;
  for (const judge of [...after.policies.values(), ...after.profiles.values()]) {
    if (namesSet(judge, changedSets)) changed.add(judge.key);
  }
  return changed;
}

function changedKeys<Key, Value>(before: ReadonlyMap<Key, Value>, after: ReadonlyMap<Key, Value>): ReadonlySet<Key> {
  const changed = new Set<Key>();
  for (const [key, value] of after) if (before.get(key) !== value) changed.add(key);
  for (const key of before.keys()) if (!after.has(key)) changed.add(key);
  return changed;
}

function namesSet(judge: Policy | Profile, sets: ReadonlySet<IpSetKey>): boolean {
  const inEnd = (end: RuleEnd): boolean =>
    [end.ipSets, end.notIpSets, end.namedPorts, end.notNamedPorts, end.addressPortSets].some((keys) =>
      keys.some((key) => sets.has(key)),
    );
  const inRule = (rule: Rule): boolean => inEnd(rule.source) || inEnd(rule.destination);
  return judge.ingress.some(inRule) || judge.egress.some(inRule);
}

/** Tiers and profiles are plain data. */
function isJudgedOtherwise(a: WorkloadEndpoint, b: WorkloadEndpoint): boolean {
  return a !== b && JSON.stringify([a.tiers, a.profiles]) !== JSON.stringify([b.tiers, b.profiles]);
}

function namesAny({ tiers, profiles }: WorkloadEndpoint, judges: ReadonlySet<JudgeKey>): boolean {
  return (
    profiles.some((key) => judges.has(key)) ||
    tiers.some(({ ingress, egress }) => [...ingress, ...egress].some((key) => judges.has(key)))
  );
}
