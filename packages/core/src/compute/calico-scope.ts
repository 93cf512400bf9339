/** How Calico's selectors on namespaces and service accounts read as conditions on the endpoints themselves. */
import { parseSelector, type SelectorNode, withKeyPrefix } from '../resources/selectors';
import { NAMESPACE_LABEL, NAMESPACE_PREFIX, SERVICE_ACCOUNT_LABEL, SERVICE_ACCOUNT_PREFIX } from './inheritance';

export function inNamespace(namespace: string): SelectorNode {
  return { op: 'equals', key: NAMESPACE_LABEL, value: namespace };
}

export function ownCondition(selector: string): SelectorNode {
  return parseSelector(selector).ast;
}

/** Endpoints of the namespaces that the text selects: `all()` are those in a namespace, `global()` those in none. */
export function namespaceScope(selector: string): SelectorNode {
  const isNamespaced: SelectorNode = { op: 'has', key: NAMESPACE_LABEL };
  return replaceFunctions(withKeyPrefix(ownCondition(selector), NAMESPACE_PREFIX), {
    all: isNamespaced,
    global: { op: 'not', operand: isNamespaced },
  });
}

/** Pods of the service accounts that the text selects; `all()` are those that have one. */
export function serviceAccountScope(selector: string): SelectorNode {
  return replaceFunctions(withKeyPrefix(ownCondition(selector), SERVICE_ACCOUNT_PREFIX), {
    all: { op: 'has', key: SERVICE_ACCOUNT_LABEL },
    global: { op: 'global' },
  });
}

function replaceFunctions(
  node: SelectorNode,
  replacement: { readonly all: SelectorNode; readonly global: SelectorNode },
): SelectorNode {
  switch (node.op) {
    case 'all':
    case 'global':
      return replacement[node.op];
    case 'not':
      return { op: 'not', operand: replaceFunctions(node.operand, replacement) };
    case 'and':
    case 'or':
      return { op: node.op, operands: node.operands.map((operand) => replaceFunctions(operand, replacement)) };
    default:
      return node;
  }
}
