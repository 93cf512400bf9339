/** The syntax tree of a selector: what a text or a Kubernetes label selector becomes, its meaning and its canonical text. */

/** One expression. `equals` and its like ask for the label to be there; `notEquals` and `notIn` hold when it is absent too. */
export type SelectorNode =
  | { readonly op: 'all' }
  | { readonly op: 'global' }
  | { readonly op: 'has'; readonly key: string }
  | { readonly op: ValueOperator; readonly key: string; readonly value: string }
  /** `values` sorted by code point, each once. */
  | { readonly op: SetOperator; readonly key: string; readonly values: readonly string[] }
  | { readonly op: 'not'; readonly operand: SelectorNode }
  /** Two or more operands. */
  | { readonly op: 'and' | 'or'; readonly operands: readonly SelectorNode[] };

export type ValueOperator = 'equals' | 'notEquals' | 'contains' | 'startsWith' | 'endsWith';
export type SetOperator = 'in' | 'notIn';

/** The value of an object's label; undefined when it has no such label. */
export type LabelLookup = (key: string) => string | undefined;

const OPERATOR_TEXT: Readonly<Record<ValueOperator | SetOperator, string>> = {
  equals: '==',
  notEquals: '!=',
  contains: 'contains',
  startsWith: 'starts with',
  endsWith: 'ends with',
  in: 'in',
  notIn: 'not in',
};

/** The values in canonical order: sorted by code point (as UTF-8 bytes sort), each once. */
export function canonicalValues(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** True when an object with these labels is selected. `global()` holds for every label set: scope is its reader's business. */
export function evaluate(node: SelectorNode, label: LabelLookup): boolean {
  switch (node.op) {
    case 'all':
    case 'global':
      return true;
    case 'has':
      return label(node.key) !== undefined;
    case 'equals':
      return label(node.key) === node.value;
    case 'notEquals':
      return label(node.key) !== node.value;
    case 'contains':
      return label(node.key)?.includes(node.value) ?? false;
    case 'startsWith':
      return label(node.key)?.startsWith(node.value) ?? false;
    case 'endsWith':
      return label(node.key)?.endsWith(node.value) ?? false;
    case 'in':
      return isMember(node.values, label(node.key));
    case 'notIn':
      return !isMember(node.values, label(node.key));
    case 'not':
      return !evaluate(node.operand, label);
    case 'and':
      return node.operands.every((operand) => evaluate(operand, label));
    case 'or':
      return node.operands.some((operand) => evaluate(operand, label));
  }
}

/** The canonical text: parsed again it gives the same tree, and equal trees have equal texts. */
export function formatSelector(node: SelectorNode): string {
  const parts: string[] = [];
  appendText(node, parts);
  return parts.join('');
}

/** Every label key that the tree names. */
export function labelKeysOf(node: SelectorNode, keys = new Set<string>()): ReadonlySet<string> {
  if ('key' in node) keys.add(node.key);
  else if (node.op === 'not') labelKeysOf(node.operand, keys);
  else if (node.op === 'and' || node.op === 'or') for (const operand of node.operands) labelKeysOf(operand, keys);
  return keys;
}

/** The same tree about the labels `prefix + key`. */
export function withKeyPrefix(node: SelectorNode, prefix: string): SelectorNode {
  if ('key' in node) return { ...node, key: prefix + node.key };
  if (node.op === 'not') return { op: 'not', operand: withKeyPrefix(node.operand, prefix) };
  if (node.op === 'and' || node.op === 'or') {
    return { op: node.op, operands: node.operands.map((operand) => withKeyPrefix(operand, prefix)) };
  }
  return node;
}

/** Lists of values as sets, made when first asked. */
const VALUE_SETS = new WeakMap<readonly string[], ReadonlySet<string>>();

function isMember(values: readonly string[], value: string | undefined): boolean {
  if (value === undefined) return false;
  let set = VALUE_SETS.get(values);
  if (set === undefined) {
    set = new Set(values);
    VALUE_SETS.set(values, set);
  }
  return set.has(value);
}

function appendText(node: SelectorNode, parts: string[]): void {
  switch (node.op) {
    case 'all':
    case 'global':
      parts.push(`${node.op}()`);
      return;
    case 'has':
      parts.push(`has(${node.key})`);
      return;
    case 'in':
    case 'notIn':
      parts.push(`${node.key} ${OPERATOR_TEXT[node.op]} {${node.values.map(quote).join(', ')}}`);
      return;
    case 'not':
      parts.push('!');
      appendText(node.operand, parts);
      return;
    case 'and':
    case 'or':
      parts.push('(');
      node.operands.forEach((operand, index) => {
        if (index > 0) parts.push(node.op === 'and' ? ' && ' : ' || ');
        appendText(operand, parts);
      });
      parts.push(')');
      return;
    default:
      parts.push(`${node.key} ${OPERATOR_TEXT[node.op]} ${quote(node.value)}`);
  }
}

/** The language has no escapes: a text literal holds at most one kind of quote. */
function quote(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
