/** Rules of NetworkPolicy: they only ever allow, so that one which cannot be read allows nothing. */
import { NO_LABELS, type RuleForm } from './rule-form';

export const KUBERNETES_RULES: RuleForm = {
  isOpenByDefault: false,
  close: (_rule, _faults, direction) => nothing(direction),
  closeAll: nothing,
};

function nothing(direction: 'ingress' | 'egress'): unknown {
  return { [direction === 'ingress' ? 'from' : 'to']: [{ podSelector: NO_LABELS }] };
}
