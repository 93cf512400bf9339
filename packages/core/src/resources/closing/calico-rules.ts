/** Rules of Calico's policies and profiles. */
import type { FieldPath } from '../field-path';
import { calicoRule } from '../schema/calico-rule';
import { isRawMap, type RawMap, without } from './fault-paths';
import { isAtFault, isWholeAtFault, type RuleForm, UNREAD_LABEL } from './rule-form';

export const CALICO_RULES: RuleForm = {
  isOpenByDefault: false,
  close,
  closeAll: () => EVERYTHING,
};

const NOTHING = { action: 'Allow', source: { selector: `has(${UNREAD_LABEL}) && !has(${UNREAD_LABEL})` } };
const EVERYTHING = { action: 'Deny' };

/** All of them must hold, so that a rule with fewer of them matches more. */
const CONDITIONS = ['ipVersion', 'protocol', 'notProtocol', 'icmp', 'notICMP', 'source', 'destination'] as const;

function close(rule: unknown, faults: readonly FieldPath[]): unknown {
  if (!isRawMap(rule) || isWholeAtFault(faults)) return EVERYTHING;
  // What a rule is annotated with decides about no packet.
  if (faults.every(([first]) => first === 'metadata')) return without(rule, new Set(['metadata']));
  const isKnown = !isAtFault(faults, 'action');
  if (isKnown && (rule.action === 'Allow' || rule.action === 'Log')) return NOTHING;
  const wider = widerDeny(rule, faults);
  return calicoRule.safeParse(wider).success ? wider : EVERYTHING;
}

/** The rule without the conditions at fault: it matches at least what the rule as it was meant would. */
function widerDeny(rule: RawMap, faults: readonly FieldPath[]): unknown {
  const kept = CONDITIONS.filter((field) => rule[field] !== undefined && !isAtFault(faults, field));
  return { action: 'Deny', ...Object.fromEntries(kept.map((field) => [field, rule[field]])) };
}
