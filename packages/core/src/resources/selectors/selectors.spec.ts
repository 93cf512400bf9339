import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { CoreError } from '../../core-error';
import type { Labels } from '../metadata';
import { formatSelector, type SelectorNode } from './ast';
import { nodeOfLabelSelector } from './label-selector';
import { restrictionsOf } from './restriction';
import { parseSelector, Selector } from './selector';

interface SelectorSuite {
  readonly cases: readonly { selector: string; match: readonly Labels[]; noMatch: readonly Labels[] }[];
  readonly invalid: readonly string[];
  readonly canonical: readonly { input: string; canonical: string }[];
}

const SUITE = join(__dirname, '../../../../conformance/suites/selectors/selectors.yaml');
// The file's form is checked by what the tests below read from it.
const suite = load(readFileSync(SUITE, 'utf8')) as SelectorSuite;

describe('selectors', () => {
  for (const { selector, match, noMatch } of suite.cases) {
    it(`picks what ${JSON.stringify(selector)} says`, () => {
      const parsed = parseSelector(selector);
      for (const reparsed of [parsed, parseSelector(parsed.canonical)]) {
        for (const labels of match) expect(reparsed.matches(labels), JSON.stringify(labels)).to.equal(true);
        for (const labels of noMatch) expect(reparsed.matches(labels), JSON.stringify(labels)).to.equal(false);
      }
    });
  }

  for (const text of [
    ...suite.invalid,
    'a == "b" c',
    'has()',
    'all() all()',
    'a in {"b" "c"}',
    'a == "b',
    '(all()',
    'a not "b"',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseSelector(text))
        .to.throw(CoreError)
        .with.property('code', 'PP_SELECTOR_INVALID');
    });
  }

  for (const { input, canonical } of suite.canonical) {
    it(`writes ${JSON.stringify(input)} as ${JSON.stringify(canonical)}`, () => {
      expect(parseSelector(input).canonical).to.equal(canonical);
    });
  }

  const spellings: readonly [string, string][] = [
    ['a starts  with "b"', 'a starts with "b"'],
    ['a startswith"b"', 'a starts with "b"'],
    ['a notin{"b",}', 'a not in {"b"}'],
    ['a in {}', 'a in {}'],
    ['has( a )', 'has(a)'],
    ['all( )', 'all()'],
    ['global()', 'global()'],
    ['!!a contains "b"', 'a contains "b"'],
    ['((a == "b"))', 'a == "b"'],
    ['a == "1" || b == "2" && c == "3"', '(a == "1" || (b == "2" && c == "3"))'],
    ['in in {"in"}', 'in in {"in"}'],
    ['all == "x"', 'all == "x"'],
    ['a == \'say "x"\'', 'a == \'say "x"\''],
    ['a ends with "z"', 'a ends with "z"'],
  ];
  for (const [input, canonical] of spellings) {
    it(`reads ${JSON.stringify(input)}`, () => {
      expect(parseSelector(input).canonical).to.equal(canonical);
    });
  }

  it('knows an object’s own labels only', () => {
    expect(parseSelector('has(constructor)').matches({})).to.equal(false);
    expect(parseSelector('has(__proto__)').matches({})).to.equal(false);
  });

  it('refuses endless and deeply nested texts without a stack overflow', () => {
    for (const text of ['('.repeat(60_000), `${'!('.repeat(20_000)}all()${')'.repeat(20_000)}`, 'a'.repeat(70_000)]) {
      expect(() => parseSelector(text))
        .to.throw(CoreError)
        .with.property('code', 'PP_SELECTOR_INVALID');
    }
  });

  // Its bound is the runner's time-out: a reader that is worse than linear would not keep it.
  it('reads a text of 64 KiB in bounded time', () => {
    const text = Array.from({ length: 5_000 }, (_, index) => `a=='${index}'`)
      .join('||')
      .slice(0, 65_000);
    const whole = text.slice(0, text.lastIndexOf('||'));
    expect(parseSelector(whole).matches({ a: '17' })).to.equal(true);
    expect(restrictionsOf(parseSelector(`${'!'.repeat(60_000)}all()`).ast).size).to.equal(0);
  });

  it('survives its own canonical text, whatever the tree', () => {
    fc.assert(
      fc.property(nodes, (node) => {
        const text = formatSelector(node);
        expect(parseSelector(text).canonical).to.equal(text);
      }),
    );
  });

  it('never picks what its restrictions exclude', () => {
    fc.assert(
      fc.property(nodes, fc.dictionary(fc.constantFrom('a', 'b', 'c'), values), (node, labels) => {
        if (!new Selector(node).matches(labels)) return;
        for (const [key, restriction] of restrictionsOf(node)) {
          expect(labels).to.have.own.property(key);
          if (restriction.values !== undefined) expect(restriction.values).to.include(labels[key]);
        }
      }),
    );
  });
});

describe('Kubernetes label selectors', () => {
  const canonicalOf = (
    matchLabels: Labels,
    ...matchExpressions: Parameters<typeof nodeOfLabelSelector>[0]['matchExpressions']
  ) => new Selector(nodeOfLabelSelector({ matchLabels, matchExpressions })).canonical;

  it('select everything when empty', () => {
    expect(canonicalOf({})).to.equal('all()');
  });

  it('ask for all of their labels, in an order of their own', () => {
    expect(canonicalOf({ b: '2', a: '1' })).to.equal('(a == "1" && b == "2")');
  });

  it('have four operators', () => {
    expect(canonicalOf({}, { key: 'a', operator: 'In', values: ['y', 'x'] })).to.equal('a in {"x", "y"}');
    expect(canonicalOf({}, { key: 'a', operator: 'NotIn', values: ['x'] })).to.equal('a not in {"x"}');
    expect(canonicalOf({}, { key: 'a', operator: 'Exists', values: [] })).to.equal('has(a)');
    expect(canonicalOf({}, { key: 'a', operator: 'DoesNotExist', values: [] })).to.equal('!has(a)');
  });
});

const keys = fc.constantFrom('a', 'b', 'c');
const values = fc.constantFrom('', 'x', 'y', 'xy', '"');
const { node: nodes } = fc.letrec<{ node: SelectorNode }>((tie) => {
  const operands = fc.array(tie('node'), { minLength: 2, maxLength: 4 });
  return {
    node: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.record({ op: fc.constantFrom('all', 'global') }),
      fc.record({ op: fc.constant('has'), key: keys }),
      fc.record({
        op: fc.constantFrom('equals', 'notEquals', 'contains', 'startsWith', 'endsWith'),
        key: keys,
        value: values,
      }),
      fc.record({
        op: fc.constantFrom('in', 'notIn'),
        key: keys,
        values: fc.uniqueArray(values).map((list) => list.sort()),
      }),
      // The parser folds a double negation written without parentheses.
      fc.record({ op: fc.constant('not'), operand: tie('node').filter((node) => node.op !== 'not') }),
      fc.record({ op: fc.constantFrom('and', 'or'), operands }),
    ) as fc.Arbitrary<SelectorNode>,
  };
});
