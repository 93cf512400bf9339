/** Selectors: which label sets an expression picks, in one parsed form for Calico's texts and Kubernetes' label selectors. */
import type { Labels } from '../metadata';
import { evaluate, formatSelector, type LabelLookup, type SelectorNode } from './ast';
import { parseSelectorText } from './parse';

/** A selector. Two selectors with the same `canonical` text pick the same label sets. */
export class Selector {
  /** The one text of this meaning: Calico's canonical form. */
  readonly canonical: string;

  constructor(readonly ast: SelectorNode) {
    this.canonical = formatSelector(ast);
  }

  /** Whether labels match. */
  matches(labels: Labels): boolean {
    return this.matchesLookup((key) => labelOf(labels, key));
  }

  /** The same, for labels that are looked up one by one. */
  matchesLookup(label: LabelLookup): boolean {
    return evaluate(this.ast, label);
  }
}

/** The value of a label. What every object inherits under a label's name is no string. */
export function labelOf(labels: Labels, key: string): string | undefined {
  const value: unknown = labels[key];
  return typeof value === 'string' ? value : undefined;
}

/**
 * Reads a selector in Calico's language; the empty text is `all()`. Texts of up to 64 KiB and 256 nested parentheses are read.
 * @throws CoreError PP_SELECTOR_INVALID
 */
export function parseSelector(text: string): Selector {
  return new Selector(parseSelectorText(text));
}

/** Picks what all of `nodes` pick; everything, if there are none. */
export function allOf(...nodes: readonly SelectorNode[]): SelectorNode {
  const operands = nodes.filter((node) => node.op !== 'all');
  const [first, ...others] = operands;
  if (first === undefined) return { op: 'all' };
  return others.length === 0 ? first : { op: 'and', operands };
}
