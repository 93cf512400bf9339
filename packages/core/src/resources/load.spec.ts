import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldValidation } from './field-validation';
import { loadManifests } from './load';

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`;

const names = (text: string): readonly string[] =>
  loadManifests(text, 'file.yaml').resources.map(({ resource }) => resource.metadata.name);
/** `line code` of every problem. */
const problems = (text: string): readonly string[] =>
  loadManifests(text, 'file.yaml').problems.map(({ line, error }) => `${line} ${error.code}`);

describe('loadManifests', () => {
  it('reads every document of a stream', () => {
    const text = `# head\n---\n${namespace('a')}---\n# only a comment\n---\n\n--- # again\n${namespace('b')}...\n${namespace('c')}`;
    expect(names(text)).to.deep.equal(['a', 'b', 'c']);
    expect(problems(text)).to.deep.equal([]);
  });

  it('takes a single letter for a name where a name is wanted, and for a truth value where one is', () => {
    expect(names(namespace('y'))).to.deep.equal(['y']);
    const policy = (value: string): string =>
      `apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: n}\nspec: {selector: all(), applyOnForward: ${value}}\n`;
    const values = ['y', 'N', 'yes', '"y"'].map((value) => loadManifests(policy(value), 'f').resources[0]?.resource);
    expect(
      values.map((resource) => resource?.kind === 'GlobalNetworkPolicy' && resource.spec.applyOnForward),
    ).to.deep.equal([true, false, true, true]);
  });

  it('reads YAML with directives, a byte order mark, Windows line ends, anchors and merge keys', () => {
    expect(names(`%YAML 1.2\n# c\n---\n${namespace('a')}`)).to.deep.equal(['a']);
    expect(names(`\uFEFF${namespace('a')}`)).to.deep.equal(['a']);
    expect(names(namespace('a').replaceAll('\n', '\r\n'))).to.deep.equal(['a']);
    const { resources } = loadManifests(
      `${namespace('a')}  labels: &l {x: "1", z: "2"}\n  annotations: {<<: *l, z: "3"}\n`,
      'f',
    );
    expect(resources[0]?.resource.metadata.annotations).to.deep.equal({ x: '1', z: '3' });
  });

  it('reads JSON, and flow-style YAML that looks like it', () => {
    expect(names('{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}')).to.deep.equal(['a']);
    expect(names('{apiVersion: v1, kind: Namespace, metadata: {name: a}}')).to.deep.equal(['a']);
  });

  it('expands lists, with or without the kind in their items', () => {
    const list = 'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n- {}\n';
    expect(names(list)).to.deep.equal(['a']);
    expect(problems(list)).to.deep.equal(['5 PP_OBJECT_INVALID', '5 PP_OBJECT_INVALID']);
    expect(
      names('apiVersion: v1\nkind: NamespaceList\nitems: [{metadata: {name: a}}, {metadata: {name: b}}]'),
    ).to.deep.equal(['a', 'b']);
  });

  it('leaves out a broken document and goes on with the others', () => {
    const text = `${namespace('a')}---\na: [\n---\n"\n---\n${namespace('b')}`;
    expect(names(text)).to.deep.equal(['a', 'b']);
    expect(problems(text)).to.deep.equal(['7 PP_MANIFEST_SYNTAX', '9 PP_MANIFEST_SYNTAX']);
  });

  it('leaves out a faulty object and tells file, line, object and field of every fault', () => {
    const text = `${namespace('ok')}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  ingress:
    - from: []
    - ports:
        - port: 80
        - protocol: TCP
          port: 70000
    - from:
        - ipBlock:
            cidr: 10.0.0.0/33
`;
    const loaded = loadManifests(text, 'dir/file.yaml');
    expect(loaded.resources).to.have.length(1);
    const object = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'default', name: 'web' };
    expect(loaded.problems.map(({ error, ...rest }) => ({ ...rest, code: error.code }))).to.deep.equal([
      { object, field: 'spec.ingress[1].ports[1].port', file: 'dir/file.yaml', line: 17, code: 'PP_OBJECT_INVALID' },
      {
        object,
        field: 'spec.ingress[2].from[0].ipBlock.cidr',
        file: 'dir/file.yaml',
        line: 20,
        code: 'PP_OBJECT_INVALID',
      },
    ]);
    expect(loaded.problems[0]?.error.message).to.equal(
      'NetworkPolicy default/web: spec.ingress[1].ports[1].port: 70000 is not a port (1-65535)',
    );
  });

  it('points at the enclosing field where the faulty one is not written', () => {
    expect(problems('apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {}\n')).to.deep.equal(['3 PP_OBJECT_INVALID']);
  });

  it('locates fields of objects in documents, lists and JSON', () => {
    const list = `# c\n---\napiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Namespace\n    metadata:\n      name: a\n      labels:\n        a.b/c: d\n`;
    const [inList] = loadManifests(list, 'f').resources;
    expect(inList?.line).to.equal(6);
    expect(inList?.locate('metadata.labels["a.b/c"]')).to.equal(11);
    expect(inList?.locate('metadata.annotations.x')).to.equal(8);
    const json = '{"apiVersion": "v1",\n "kind": "Namespace",\n "metadata":\n {\n "name": "a"}}';
    const [inJson] = loadManifests(json, 'f').resources;
    expect(inJson?.line).to.equal(1);
    expect(inJson?.locate('metadata.name')).to.equal(5);
  });

  it('tells of two objects with one key, and takes the later', () => {
    const text = `${namespace('a')}---\n${namespace('b')}---\n${namespace('a')}  labels: {x: z}\n`;
    const loaded = loadManifests(text, 'f');
    expect(loaded.resources.map(({ resource }) => resource.metadata.name)).to.deep.equal(['b', 'a']);
    expect(loaded.resources[1]?.resource.metadata.labels).to.deep.equal({ x: 'z' });
    expect(problems(text)).to.deep.equal(['1 PP_OBJECT_DUPLICATE']);
  });

  it('passes over kinds that are no networking, and tells of networking kinds it does not read', () => {
    expect(problems('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n')).to.deep.equal([]);
    expect(problems('apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n')).to.deep.equal([]);
    for (const group of ['networking.k8s.io/v1', 'policy.networking.k8s.io/v1', 'projectcalico.org/v3']) {
      expect(problems(`apiVersion: ${group}\nkind: Strange\n`)).to.deep.equal(['2 PP_OBJECT_UNKNOWN_KIND']);
    }
  });

  it('tells of what is no API object', () => {
    expect(problems('just text')).to.deep.equal(['1 PP_OBJECT_INVALID']);
    expect(problems('- a\n- b\n')).to.deep.equal(['1 PP_OBJECT_INVALID']);
    expect(problems('name: a\n')).to.deep.equal(['1 PP_OBJECT_INVALID', '1 PP_OBJECT_INVALID']);
    expect(problems('')).to.deep.equal([]);
    expect(problems('a\0b')).to.deep.equal(['1 PP_MANIFEST_SYNTAX']);
  });

  it('refuses a key that comes twice', () => {
    expect(problems('apiVersion: v1\nkind: Namespace\nkind: Pod\n')).to.deep.equal(['3 PP_MANIFEST_SYNTAX']);
    const json = '{"apiVersion": "v1", "kind": "Namespace",\n "metadata": {"name": "a",\n "name": "b"}}';
    expect(problems(json)).to.deep.equal(['3 PP_MANIFEST_SYNTAX']);
  });

  it('refuses an object with a field that its kind does not have, closing what counts of it, or does as it is told', () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: a
spec:
  podSelector: {}
  ingress:
    - form: []
`;
    const load = (validation?: FieldValidation) => loadManifests(text, 'f.yaml', undefined, validation);
    const strict = load();
    expect(strict.resources).to.deep.equal([]);
    expect(
      strict.closed.map(({ resource, isRefused, line }) => [resource.metadata.name, isRefused, line]),
    ).to.deep.equal([['a', true, 1]]);
    expect(strict.closed[0]?.locate('spec.ingress[0]')).to.equal(8);
    expect(strict.problems.map(({ error, field, file, line }) => [error.code, field, file, line])).to.deep.equal([
      ['PP_FIELD_UNKNOWN', 'spec.ingress[0].form', 'f.yaml', 8],
    ]);
    const warned = load('warn');
    expect(warned.resources).to.have.length(1);
    expect(warned.problems.map(({ error, line }) => `${line} ${error.code}`)).to.deep.equal(['8 PP_FIELD_PASSED_OVER']);
    expect(load('ignore')).to.deep.include({ problems: [], closed: [] });
  });

  it('tells of objects of a list under a misspelt key, whatever is let pass', () => {
    const told = (text: string, validation?: FieldValidation): readonly string[] =>
      loadManifests(text, 'f', undefined, validation).problems.map(
        ({ error, line, field }) => `${line} ${error.code} ${field}`,
      );
    const misspelt = `apiVersion: v1\nkind: List\nitem:\n- ${namespace('a').replaceAll('\n', '\n  ')}`;
    for (const text of [misspelt, misspelt.replace('List', 'NamespaceList')]) {
      expect(told(text)).to.deep.equal(['3 PP_FIELD_UNKNOWN item']);
      expect(told(text, 'warn')).to.deep.equal(['3 PP_FIELD_UNKNOWN item']);
    }
    expect(loadManifests(misspelt, 'f').problems[0]?.error.message).to.equal(
      'List: item: unknown field; the nearest there is: items',
    );
    const beside = `${misspelt.replace('item:', 'items:')}\nItems: []\n`;
    expect(told(beside)).to.deep.equal(['9 PP_FIELD_UNKNOWN Items']);
    expect(names(beside)).to.deep.equal(['a']);
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } };
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [object], Items: [object], newer: 1 });
    expect(told(json, 'warn')).to.deep.equal(['1 PP_FIELD_UNKNOWN Items', '1 PP_FIELD_PASSED_OVER newer']);
    expect(told('{apiVersion: v1, kind: List, items: {}}')).to.deep.equal(['1 PP_OBJECT_INVALID items']);
    expect(told('{apiVersion: v1, kind: List, metadata: {}, items: []}')).to.deep.equal([]);
    expect(told('{apiVersion: example.com/v1, kind: AllowList, spec: {}}')).to.deep.equal([]);
  });

  it('gives what closes of a faulty policy, unless a sound one of its name stands in the text', () => {
    const policy = (cidr: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: ${cidr}}}]}]}
`;
    const faulty = loadManifests(policy('10.0.0.0/33'), 'f');
    expect(faulty.resources).to.deep.equal([]);
    expect(faulty.closed.map(({ isRefused }) => isRefused)).to.deep.equal([false]);
    const both = loadManifests(`${policy('10.0.0.0/8')}---\n${policy('10.0.0.0/33')}`, 'f');
    expect([both.resources.length, both.closed.length, both.problems.length]).to.deep.equal([1, 0, 1]);
  });

  it('refuses bombs, endless nesting and unknown aliases, and comes to an end over each', () => {
    const letters = [...'abcdefghij'];
    const bomb = letters
      .map((letter, index) => `${letter}: &${letter} [${Array(10).fill(index === 0 ? 'x' : `*${letters[index - 1]}`)}]`)
      .join('\n');
    for (const text of [
      bomb,
      '['.repeat(100_000),
      '{a: '.repeat(10_000),
      'a: &a [*a]',
      'a: *b',
      `${'- '.repeat(5_000)}x`,
    ]) {
      expect(
        problems(text).map((problem) => problem.split(' ')[1]),
        text.slice(0, 20),
      ).to.deep.equal(['PP_MANIFEST_SYNTAX']);
    }
  });

  it('survives nesting of every depth and form: an overflowing stack may end the process, not only the call', () => {
    for (const opening of ['[', '{a: ', '- ', '? ', '[a,', 'a: b: ']) {
      for (const depth of [90, 500, 2_000, 20_000])
        expect(problems(opening.repeat(depth)), opening).to.have.lengthOf.above(0);
    }
    const deep = (depth: number): string =>
      Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}a:`).join('\n');
    expect(problems(`apiVersion: v1\nkind: Secret\nx:\n${deep(50).replace(/^/gm, ' ')}`)).to.deep.equal([]);
    expect(problems(deep(3_000))).to.deep.equal(['100 PP_MANIFEST_SYNTAX']);
  });

  it('lets no key reach the prototype of anything', () => {
    const text = `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels:\n    constructor: c\n    toString: t\n`;
    const { resources } = loadManifests(text, 'f');
    expect(Object.entries(resources[0]?.resource.metadata.labels ?? {})).to.deep.equal([
      ['constructor', 'c'],
      ['toString', 't'],
    ]);
    for (const hostile of [
      `${namespace('a')}  labels:\n    __proto__: x\n`,
      '{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a","labels":{"__proto__":"x"}}}',
      `${namespace('a')}  labels:\n    __proto__: {polluted: yes}\n`,
    ]) {
      expect(problems(hostile).join(), hostile).to.match(/PP_OBJECT_INVALID$/);
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).to.equal(false);
  });

  it('quotes hostile and endless texts in its messages, cut short', () => {
    for (const name of ['a\n-A INPUT -j ACCEPT', '"; rm -rf /', 'x'.repeat(65_536), '\u0007\u001b[31m', '../../etc']) {
      const [problem] = loadManifests(
        JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name } }),
        'f',
      ).problems;
      expect(problem?.error.code).to.equal('PP_OBJECT_INVALID');
      expect(problem?.error.message.length).to.be.below(400);
      expect([...(problem?.error.message ?? '')].every((character) => character >= ' ')).to.equal(true);
    }
  });

  it('throws nothing and stays typed whatever the text is', () => {
    const scrap = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '---\n',
      '...\n',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '!!x ',
      '"',
      "'",
      '|',
      '%',
      '<<: ',
      '\t',
      '#',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(scrap).map((parts) => parts.join('')),
        ),
        (text) => {
          for (const { error, line } of loadManifests(text, 'f').problems) {
            expect(error.code).to.match(/^PP_/);
            expect(line).to.be.within(1, text.split('\n').length + 1);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('loads 5 MB of YAML whole', function () {
    this.timeout(60_000);
    const text = Array.from(
      { length: 25_000 },
      (_, index) => `${namespace(`n${index}`)}  annotations:\n    note: ${'x'.repeat(120)}\n`,
    ).join('---\n');
    expect(text.length).to.be.above(5_000_000);
    expect(loadManifests(text, 'f').resources).to.have.length(25_000);
  });

  it('tells how far it is, document by document and item by item', () => {
    const namespaces = ['a', 'b', 'c', 'd'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    }));
    const texts = [
      namespaces.map((each) => `${JSON.stringify(each)}\n`).join('---\n'),
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: namespaces }),
    ];
    for (const text of texts) {
      const shares: number[] = [];
      loadManifests(text, 'x', (share) => shares.push(share));
      expect(shares).to.have.length(4);
      expect(shares).to.deep.equal([...shares].sort((a, b) => a - b));
      expect(shares[0]).to.be.within(0.2, 0.3);
      expect(shares[3]).to.be.within(0.9, 1);
    }
  });
});
