/** Pods of selected namespaces, as the Kubernetes policy APIs select them. */
import type { LabelSelector } from '../resources/kinds/network-policy';
import { allOf, nodeOfLabelSelector, Selector, type SelectorNode, withKeyPrefix } from '../resources/selectors';
import { NAMESPACE_PREFIX } from './inheritance';
import { IS_POD } from './peer-rules';

/** `podSelector` absent: every pod of the namespaces. */
export function podsOfNamespaces(namespaceSelector: LabelSelector, podSelector?: LabelSelector): Selector {
  const own: SelectorNode = podSelector === undefined ? { op: 'all' } : nodeOfLabelSelector(podSelector);
  return new Selector(allOf(own, withKeyPrefix(nodeOfLabelSelector(namespaceSelector), NAMESPACE_PREFIX), IS_POD));
}
