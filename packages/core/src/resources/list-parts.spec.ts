import { expect } from 'chai';
import fc from 'fast-check';
import { partJsonList, partYamlList } from './list-parts';
import { loadManifests } from './load';

const yaml = (text: string) => partYamlList({ text, firstLine: 1 });
const json = (text: string) => partJsonList({ text, firstLine: 1 });

describe('a list in parts', () => {
  it('has each entry of a YAML list with its first line, and the rest as its head', () => {
    const text =
      '# c\nkind: List\nitems: # all\n# one\n- a: 1\n  b:\n  - 2\n\n- c: |\n    - 3\n  # d\n-\n  e: 4\nmetadata: {}\n';
    const { head, entries, length } = yaml(text) ?? {};
    expect(head).to.equal('# c\nkind: List\nitems: # all\nmetadata: {}\n');
    expect([...(entries ?? [])]).to.deep.equal([
      { text: '- a: 1\n  b:\n  - 2\n\n', firstLine: 5 },
      { text: '- c: |\n    - 3\n  # d\n', firstLine: 9 },
      { text: '-\n  e: 4\n', firstLine: 12 },
    ]);
    expect(length).to.equal(49);
  });

  it('has the entries of a YAML list that stand further right, to the end of the text', () => {
    const entries = yaml('items:\r\n  - a: 1\r\n  - b')?.entries ?? [];
    expect(Array.from(entries, ({ text }) => text)).to.deep.equal(['  - a: 1\r\n', '  - b']);
  });

  it('has each entry of a JSON list, whatever strings hold', () => {
    const text =
      '{"items-": [], "kind": "a\\"items\\": [",\n "items": [{"a": "]},\\\\"},\n [1, 2],\n3], "x": {"items": [4]}}';
    const { head, entries } = json(text) ?? {};
    expect(head).to.equal('{"items-": [], "kind": "a\\"items\\": [",\n "items": null, "x": {"items": [4]}}');
    expect([...(entries ?? [])]).to.deep.equal([
      { text: '{"a": "]},\\\\"}', firstLine: 2 },
      { text: '\n [1, 2]', firstLine: 2 },
      { text: '\n3', firstLine: 3 },
    ]);
  });

  it('is none where there are no items of its own', () => {
    for (const text of [
      '',
      'kind: List\n',
      'items: []\n',
      'items:\n',
      'items:\nkind: List\n',
      '  items:\n  - a\n',
      'items:\n  a: b\n',
    ]) {
      expect(yaml(text), text).to.equal(undefined);
    }
    for (const text of [
      '',
      '{}',
      '[{"items": [1]}]',
      '{"a": {"items": [1]}}',
      '{"items": 1}',
      '{"items": [1, 2',
      '{"items": ["a}',
    ]) {
      expect(json(text), text).to.equal(undefined);
    }
  });

  const namespace = (name: string, rest = ''): string =>
    `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n${rest}`;
  const annotated = (value: string) => (name: string) => namespace(name, `  annotations:\n    a: ${value}\n`);
  const entry: fc.Arbitrary<string> = fc
    .tuple(
      fc.constantFrom('a', 'b', 'c', 'd', 'E'),
      fc.constantFrom<(name: string) => string>(
        namespace,
        annotated('|\n      - x\n\n      # y\n      items:'),
        annotated('"x\n- y"'),
        annotated("'x\n\n  - y\nz'"),
        annotated('&x z'),
        annotated('*x'),
        annotated('{x: [\n]}'),
        annotated('[\n- x'),
        annotated('"'),
        (name) => `# c\n${namespace(name)}`,
        (name) => `apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: ${name}}\n`,
        () => '{}\n',
        () => 'a: 1\na: 2\n',
      ),
    )
    .map(([name, write]) => write(name));
  const indented = (text: string, indent: string): string =>
    text.replace(/^(?=.)/gm, `${indent}  `).replace(`${indent}  `, `${indent}- `);

  /** What is loaded, and all the lines that can be asked for. */
  const outcome = (text: string): unknown => {
    const { resources, problems } = loadManifests(text, 'f');
    return {
      resources: resources.map((each) => [each.resource, each.line, each.locate('metadata.name')]),
      problems: problems.map(({ error, line }) => `${line} ${error.message}`).sort(),
    };
  };

  it('gives what the whole gives: the same objects, problems and lines', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('', '  '),
        fc.constantFrom(
          'kind: List\n',
          'kind: List # l\nitem: 1\n',
          'kind: Secret\n',
          'kind: List\nitems: []\n',
          '- x\n',
        ),
        fc.boolean(),
        (entries, indent, rest, isFirst) => {
          const items = `items:\n${entries.map((text) => indented(text, indent)).join('')}`;
          const text = isFirst ? `apiVersion: v1\n${items}${rest}` : `apiVersion: v1\n${rest}${items}`;
          // With quotes the key is the same, but not taken for the beginning of entries.
          expect(outcome(text)).to.deep.equal(outcome(text.replace('items:', '"items":')));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives what the whole gives in JSON, too', () => {
    const item = fc.oneof(
      fc.constantFrom('a', 'b').map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      fc.string().map((text) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'x', annotations: { [text]: text } },
      })),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.array(item),
        fc.constantFrom('List', 'NamespaceList', 'Pod'),
        fc.constantFrom(0, 2),
        (items, kind, space) => {
          const text = JSON.stringify({ kind, items, apiVersion: 'v1' }, undefined, space);
          expect(outcome(text)).to.deep.equal(outcome(text.replace('"items"', '"it\\u0065ms"')));
        },
      ),
    );
  });
});
