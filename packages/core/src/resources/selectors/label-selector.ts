/** Kubernetes label selectors (meta/v1 LabelSelector) as selectors. */
import type { LabelSelector } from '../kinds/network-policy';
import { canonicalValues, type SelectorNode } from './ast';
import { allOf } from './selector';

/** The same condition as a syntax tree; parts in an order of their own, so that equal selectors have equal texts. */
export function nodeOfLabelSelector(selector: LabelSelector): SelectorNode {
  const labels = Object.keys(selector.matchLabels)
    .sort()
    .map((key): SelectorNode => ({ op: 'equals', key, value: selector.matchLabels[key] ?? '' }));
  return allOf(...labels, ...selector.matchExpressions.map(nodeOfExpression));
}

function nodeOfExpression({ key, operator, values }: LabelSelector['matchExpressions'][number]): SelectorNode {
  switch (operator) {
    case 'In':
      return { op: 'in', key, values: canonicalValues(values) };
    case 'NotIn':
      return { op: 'notIn', key, values: canonicalValues(values) };
    case 'Exists':
      return { op: 'has', key };
    case 'DoesNotExist':
      return { op: 'not', operand: { op: 'has', key } };
  }
}
