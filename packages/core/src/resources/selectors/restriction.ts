/** What a selector certainly asks of the labels it picks: the ground on which the index narrows its search. */
import type { SelectorNode } from './ast';

/** The label must be there; `values` present: with one of these values (none: nothing is picked). */
export interface Restriction {
  readonly values?: readonly string[];
}

/** Necessary (not sufficient) conditions, by label key; no entry: nothing is known about the key. */
export function restrictionsOf(node: SelectorNode): ReadonlyMap<string, Restriction> {
  switch (node.op) {
    case 'has':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return new Map([[node.key, {}]]);
    case 'equals':
      return new Map([[node.key, { values: [node.value] }]]);
    case 'in':
      return new Map([[node.key, { values: node.values }]]);
    case 'and':
      return restrictionsOfAll(node.operands.map(restrictionsOf));
    case 'or':
      return restrictionsOfAny(node.operands.map(restrictionsOf));
    default:
      return new Map();
  }
}

function restrictionsOfAll(parts: readonly ReadonlyMap<string, Restriction>[]): ReadonlyMap<string, Restriction> {
  const all = new Map<string, Restriction>();
  for (const part of parts) {
    for (const [key, restriction] of part) {
      const known = all.get(key);
      if (known === undefined || isTighter(restriction, known)) all.set(key, restriction);
    }
  }
  return all;
}

function isTighter(a: Restriction, b: Restriction): boolean {
  return a.values !== undefined && (b.values === undefined || a.values.length < b.values.length);
}

function restrictionsOfAny(parts: readonly ReadonlyMap<string, Restriction>[]): ReadonlyMap<string, Restriction> {
  const any = new Map<string, Restriction>();
  for (const key of parts[0]?.keys() ?? []) {
    const alternatives = parts.map((part) => part.get(key));
    if (alternatives.some((alternative) => alternative === undefined)) continue;
    const values = alternatives.map((alternative) => alternative?.values);
    const isOpen = values.some((list) => list === undefined);
    any.set(key, isOpen ? {} : { values: [...new Set(values.flatMap((list) => list ?? []))] });
  }
  return any;
}
