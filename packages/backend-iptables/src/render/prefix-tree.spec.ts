import { expect } from 'chai';
import fc from 'fast-check';
import { buildPrefixTree, type PrefixNode } from './prefix-tree';

interface Entry {
  readonly key: string;
}

const entriesOf = (keys: readonly string[]): readonly Entry[] => [...keys].sort().map((key) => ({ key }));

/** How many steps it takes to find an entry: rules passed on the way. */
function stepsTo(node: PrefixNode<Entry>, key: string): number | undefined {
  const own = node.entries.findIndex((entry) => entry.key === key);
  if (own >= 0) return own + 1;
  const index = node.children.findIndex((child) => key.startsWith(child.prefix));
  const child = node.children[index];
  const below = child === undefined ? undefined : stepsTo(child, key);
  return below === undefined ? undefined : node.entries.length + index + 1 + below;
}

describe('buildPrefixTree', () => {
  it('has no node for no entry, and one for few', () => {
    expect(buildPrefixTree([], 4)).to.equal(undefined);
    expect(buildPrefixTree(entriesOf(['ab', 'ac']), 4)).to.deep.equal({
      prefix: 'a',
      entries: [{ key: 'ab' }, { key: 'ac' }],
      children: [],
    });
  });

  it('skips what all entries have in common, and makes no node for a single one', () => {
    const tree = buildPrefixTree(entriesOf(['xa1', 'xa2', 'xb', 'x']), 2);
    expect(tree).to.deep.equal({
      prefix: 'x',
      entries: [{ key: 'x' }, { key: 'xb' }],
      children: [{ prefix: 'xa', entries: [{ key: 'xa1' }, { key: 'xa2' }], children: [] }],
    });
  });

  it('leads to every entry, whatever the keys', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', '0', '1'), maxLength: 8 })), (keys) => {
        const tree = buildPrefixTree(entriesOf(keys), 3);
        for (const key of keys) expect(tree === undefined ? undefined : stepsTo(tree, key), key).to.be.greaterThan(0);
      }),
    );
  });

  it('finds any of 65,536 entries within 80 steps', () => {
    const keys = Array.from({ length: 65_536 }, (_, index) => index.toString(16).padStart(4, '0'));
    const tree = buildPrefixTree(entriesOf(keys), 16);
    const steps = keys.map((key) => (tree === undefined ? Number.NaN : (stepsTo(tree, key) ?? Number.NaN)));
    expect(Math.max(...steps)).to.be.lessThan(80);
  });
});
