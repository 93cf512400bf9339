import { expect } from 'chai';
import fc from 'fast-check';
import type { Labels } from '../metadata';
import { LabelIndex } from './label-index';
import { parseSelector } from './selector';

/** An index and the matches that it has told. */
function recordingIndex() {
  const matches = new Set<string>();
  const index = new LabelIndex<string, string>({
    matchStarted: (selector, item) => {
      expect(matches.has(`${selector}>${item}`), 'started twice').to.equal(false);
      matches.add(`${selector}>${item}`);
    },
    matchStopped: (selector, item) => {
      expect(matches.delete(`${selector}>${item}`), 'stopped without a start').to.equal(true);
    },
  });
  return { index, matches };
}

describe('LabelIndex', () => {
  it('tells matches whichever comes first, object or selector', () => {
    const { index, matches } = recordingIndex();
    index.putItem('pod', { app: 'web' });
    index.putSelector('web', parseSelector('app == "web"'));
    index.putItem('other', { app: 'web' });
    expect([...matches]).to.have.members(['web>pod', 'web>other']);
    index.putItem('pod', {});
    index.removeItem('other');
    expect(matches.size).to.equal(0);
  });

  it('lets objects inherit from parents that come later, change and go', () => {
    const { index, matches } = recordingIndex();
    index.putSelector('prod', parseSelector('stage == "prod"'));
    index.putItem('pod', {}, ['ns']);
    expect(matches.size).to.equal(0);
    index.putParent('ns', { stage: 'prod' });
    expect([...matches]).to.deep.equal(['prod>pod']);
    index.putParent('ns', { stage: 'test' });
    expect(matches.size).to.equal(0);
    index.putParent('ns', { stage: 'prod' });
    index.removeParent('ns');
    expect(matches.size).to.equal(0);
  });

  it('prefers a parent’s label to the object’s own', () => {
    const { index, matches } = recordingIndex();
    index.putParent('ns', { name: 'shop' });
    index.putItem('pod', { name: 'kube-system' }, ['ns']);
    index.putSelector('system', parseSelector('name == "kube-system"'));
    index.putSelector('shop', parseSelector('name == "shop"'));
    expect([...matches]).to.deep.equal(['shop>pod']);
  });

  it('lets an object’s own label count again when the parent loses it', () => {
    const { index, matches } = recordingIndex();
    index.putSelector('one', parseSelector('a == "1"'));
    index.putItem('pod', { a: '1' }, ['ns']);
    index.putParent('ns', { a: '2' });
    expect(matches.size).to.equal(0);
    index.putParent('ns', {});
    expect([...matches]).to.deep.equal(['one>pod']);
  });

  it('evaluates only selectors that the labels can meet', () => {
    const { index } = recordingIndex();
    let evaluations = 0;
    for (let i = 0; i < 5_000; i++) {
      const selector = parseSelector(`ns == "n${i % 100}" && app == "a${i}"`);
      const matchesLookup = selector.matchesLookup.bind(selector);
      selector.matchesLookup = (lookup) => {
        evaluations += 1;
        return matchesLookup(lookup);
      };
      index.putSelector(`s${i}`, selector);
    }
    index.putItem('pod', { ns: 'n7', app: 'a107' });
    index.putItem('pod', { ns: 'n7', app: 'a207', other: 'x' });
    expect(evaluations).to.be.below(10);
  });

  it('equals a plain evaluation after any sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (sequence) => {
        const { index, matches } = recordingIndex();
        const model = new Model();
        for (const step of sequence) {
          applyStep(index, model, step);
          expect([...matches].sort()).to.deep.equal(model.matches());
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

type Step =
  | { readonly kind: 'item'; readonly key: string; readonly labels: Labels; readonly parents: readonly string[] }
  | { readonly kind: 'parent'; readonly key: string; readonly labels: Labels }
  | { readonly kind: 'selector'; readonly key: string; readonly text: string }
  | { readonly kind: 'remove'; readonly what: 'item' | 'parent' | 'selector'; readonly key: string };

const itemKeys = fc.constantFrom('i1', 'i2', 'i3');
const parentKeys = fc.constantFrom('p1', 'p2');
const selectorKeys = fc.constantFrom('s1', 's2', 's3');
const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'));
const texts = fc.constantFrom(
  'all()',
  'has(a)',
  '!has(a)',
  'a == "1"',
  'a == "1" && b == "2"',
  'a in {"1", "2"} && c != "1"',
  '(a == "1" || a == "2") && has(b)',
  'b != "1"',
  'a == "1" || b == "1"',
  'a in {}',
  '!(a == "1" && c == "1")',
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('item' as const),
    key: itemKeys,
    labels,
    parents: fc.uniqueArray(parentKeys, { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('parent' as const), key: parentKeys, labels }),
  fc.record({ kind: fc.constant('selector' as const), key: selectorKeys, text: texts }),
  fc.record({
    kind: fc.constant('remove' as const),
    what: fc.constantFrom('item', 'parent', 'selector'),
    key: fc.oneof(itemKeys, parentKeys, selectorKeys),
  }),
);

class Model {
  readonly items = new Map<string, { labels: Labels; parents: readonly string[] }>();
  readonly parents = new Map<string, Labels>();
  readonly selectors = new Map<string, string>();

  matches(): readonly string[] {
    const found: string[] = [];
    for (const [item, { labels: own, parents }] of this.items) {
      const inherited = parents.map((parent) => this.parents.get(parent) ?? {});
      const effective: Labels = Object.assign({}, own, ...inherited.reverse());
      for (const [key, text] of this.selectors) {
        if (parseSelector(text).matches(effective)) found.push(`${key}>${item}`);
      }
    }
    return found.sort();
  }
}

function applyStep(index: LabelIndex<string, string>, model: Model, step: Step): void {
  if (step.kind === 'item') {
    index.putItem(step.key, step.labels, step.parents);
    model.items.set(step.key, step);
  } else if (step.kind === 'parent') {
    index.putParent(step.key, step.labels);
    model.parents.set(step.key, step.labels);
  } else if (step.kind === 'selector') {
    index.putSelector(step.key, parseSelector(step.text));
    model.selectors.set(step.key, step.text);
  } else if (step.what === 'item') {
    index.removeItem(step.key);
    model.items.delete(step.key);
  } else if (step.what === 'parent') {
    index.removeParent(step.key);
    model.parents.delete(step.key);
  } else {
    index.removeSelector(step.key);
    model.selectors.delete(step.key);
  }
}
