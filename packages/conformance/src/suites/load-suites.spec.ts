import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ConformanceError } from '../conformance-error';
import { BUNDLED_SUITES_FOLDER } from './bundled-suites';
import { loadSuite, loadSuites } from './load-suites';

const POD = (name: string, ip: string, more = ''): string => `
- apiVersion: v1
  kind: Pod
  metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
  spec: {nodeName: n1, ${more}containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
  status: {phase: Running, podIP: ${ip}, podIPs: [{ip: ${ip}}]}`;

const CLUSTER = `
id: shop
node: n1
manifests:
- apiVersion: v1
  kind: Node
  metadata: {name: n1}
  status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}
- apiVersion: v1
  kind: Namespace
  metadata: {name: shop}${POD('web', '10.0.0.2')}${POD('db', '10.0.0.3')}${POD('agent', '172.18.0.2', 'hostNetwork: true, ')}`;

const PROBE = `
probes:
- {from: {pod: shop/web}, to: {pod: shop/db, port: 80}, expect: {verdict: allow}}`;

describe('loadSuites', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-suites-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string): string {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** The error of loading a suite of this text. */
  function errorOf(text: string): ConformanceError {
    try {
      loadSuite(write('suite.yaml', text));
    } catch (error) {
      expect(error).to.be.instanceOf(ConformanceError);
      return error as ConformanceError;
    }
    throw new Error('the suite was taken');
  }

  it('reads a probe with the addresses, the node and the port that its names mean', () => {
    const [state] = loadSuite(write('suite.yaml', CLUSTER + PROBE)).states;
    expect(state?.nodes).to.deep.equal(['n1']);
    expect(state?.probes).to.deep.equal([
      {
        name: 'shop/web -> shop/db:80/TCP',
        sender: { kind: 'pod', node: 'n1', namespace: 'shop', name: 'web' },
        source: '10.0.0.2',
        isSpoofed: false,
        destination: '10.0.0.3',
        destinationPort: 80,
        protocol: 6,
        expected: { verdict: 'allow' },
      },
    ]);
  });

  it('knows senders by pod, node, address and kind', () => {
    const from = [
      '{pod: shop/agent}',
      '{host: n1}',
      '{ip: 10.0.0.2}',
      '{ip: 203.0.113.9}',
      '{ip: 10.0.0.2, kind: external}',
      '{ip: 10.9.9.9, kind: pod}',
      '{ip: 127.0.0.1, kind: localhost}',
    ];
    const probes = from.map((sender) => `\n- {from: ${sender}, to: {ip: 10.0.0.3, port: 80}, expect: {verdict: deny}}`);
    const [state] = loadSuite(write('suite.yaml', `${CLUSTER}\nprobes:${probes.join('')}`)).states;
    expect(state?.probes.map(({ sender, source }) => [sender.kind, source])).to.deep.equal([
      ['node', '172.18.0.2'],
      ['node', '172.18.0.2'],
      ['pod', '10.0.0.2'],
      ['external', '203.0.113.9'],
      ['external', '10.0.0.2'],
      ['unmanaged', '10.9.9.9'],
      ['node', '127.0.0.1'],
    ]);
  });

  it('expands a matrix into its cells, without the diagonal, and resolves named ports', () => {
    const matrix = `
matrices:
- {port: http, protocol: TCP, columns: shop/web shop/db, rows: {shop/web: 'x.', shop/db: 'X,'}}`;
    const [state] = loadSuite(write('suite.yaml', CLUSTER + matrix)).states;
    expect(
      state?.probes.map(({ name, destinationPort, expected }) => [name, destinationPort, expected.verdict]),
    ).to.deep.equal([
      ['shop/web -> shop/db:http/tcp', 8080, 'allow'],
      ['shop/db -> shop/web:http/tcp', 8080, 'refuse'],
    ]);
  });

  it('takes objects from files and folders beside the suite, and lets inline ones win', () => {
    write('cluster/a/pods.yaml', '{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {from: file}}}');
    write('cluster/deployment.json', '{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}}');
    const [state] = loadSuite(write('suite.yaml', `${CLUSTER}${PROBE}\nfiles: [cluster]`)).states;
    const namespaces = state?.resources
      .filter(({ kind }) => kind === 'Namespace')
      .map(({ metadata }) => metadata.labels);
    expect(namespaces).to.deep.equal([{}]);
  });

  it('keeps two states that follow one another, with what both share', () => {
    const suite = `
id: two
node: n1
before: {manifests: [{apiVersion: v1, kind: Namespace, metadata: {name: a}}], facts: {servicePortCount: 0}}
after:
  manifests: [{apiVersion: v1, kind: Namespace, metadata: {name: b}}]
  probes: [{from: {ip: 1.2.3.4}, to: {ip: 1.2.3.5, port: 80}, expect: {verdict: allow}}]`;
    const { states } = loadSuite(write('suite.yaml', suite));
    expect(
      states.map(({ name, resources, probes, facts }) => [name, resources.length, probes.length, facts.length]),
    ).to.deep.equal([
      ['before', 1, 0, 1],
      ['after', 1, 1, 0],
    ]);
  });

  it('remembers objects of networking kinds that it does not know, and passes over others', () => {
    const manifests = `
- {apiVersion: projectcalico.org/v3, kind: FutureThing, metadata: {name: f}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}`;
    const [state] = loadSuite(write('suite.yaml', CLUSTER + manifests + PROBE)).states;
    expect(state?.unknownObjects.map(({ kind }) => kind)).to.deep.equal(['FutureThing']);
  });

  it('refuses policies of kinds that are not read, and lists that lose their objects', () => {
    for (const manifest of [
      '{apiVersion: networking.k8s.io/v1, kind: NetwrokPolicy, metadata: {name: p}}',
      '{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: p}}',
      '{apiVersion: v1, kind: List, item: []}',
    ]) {
      expect(errorOf(`${CLUSTER}\n- ${manifest}${PROBE}`).code, manifest).to.equal('PP_SUITE_OBJECT_INVALID');
      write('more/objects.yaml', manifest);
      const beside = `${CLUSTER.replace('manifests:', 'files: [more]\nmanifests:')}${PROBE}`;
      expect(errorOf(beside).code, manifest).to.equal('PP_SUITE_OBJECT_INVALID');
    }
  });

  it('reads the objects of a list in its manifests', () => {
    const list = '\n- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Namespace, metadata: {name: b}}]}';
    const [state] = loadSuite(write('suite.yaml', CLUSTER + list + PROBE)).states;
    expect(state?.resources.map(({ metadata }) => metadata.name)).to.include('b');
  });

  it('loads a folder in the order of its paths, passing over data of unit tests, and goes on after broken files', () => {
    write('b.yaml', CLUSTER.replace('id: shop', 'id: b') + PROBE);
    write('a/a.yml', CLUSTER.replace('id: shop', 'id: a') + PROBE);
    write('broken.yaml', 'id: [');
    write('selectors.yaml', 'suite: selectors\ncases: []');
    write('notes.md', '# no suite');
    const { suites, problems } = loadSuites(folder);
    expect(suites.map(({ id }) => id)).to.deep.equal(['a', 'b']);
    expect(problems.map(({ code }) => code)).to.deep.equal(['PP_SUITE_SYNTAX']);
  });

  it('reads every suite that comes with the package', () => {
    const { suites, problems } = loadSuites(BUNDLED_SUITES_FOLDER);
    expect(problems.map(({ message }) => message)).to.deep.equal([]);
    expect(suites.length).to.be.greaterThan(150);
    expect(new Set(suites.map(({ id }) => id)).size).to.be.greaterThan(150);
  });

  it('says that a path cannot be read', () => {
    const [problem] = loadSuites(join(folder, 'missing')).problems;
    expect(problem?.code).to.equal('PP_SUITE_UNREADABLE');
    expect(problem?.message).to.contain('missing');
  });

  describe('names code, file, line and field of', () => {
    const cases: readonly (readonly [title: string, text: string, code: string, line: number, says: RegExp])[] = [
      ['broken YAML', 'id: x\nprobes: [\n', 'PP_SUITE_SYNTAX', 3, /./],
      ['a key that comes twice', 'id: x\nid: y\n', 'PP_SUITE_SYNTAX', 2, /a key that comes twice/],
      ['something that is no suite', '- 1\n', 'PP_SUITE_INVALID', 1, /./],
      ['a missing id', 'probes: []\n', 'PP_SUITE_INVALID', 1, /id/],
      ['an id with spaces', 'id: my suite\nprobes: []\n', 'PP_SUITE_INVALID', 1, /id/],
      ['a suite that proves nothing', 'id: x\nprobes: []\n', 'PP_SUITE_INVALID', 1, /prove nothing/],
      ['a misspelt field', `${CLUSTER}${PROBE}\nprobe: []`, 'PP_SUITE_INVALID', 29, /probe/],
      [
        'a misspelt expectation',
        `${CLUSTER}\nprobes:\n- {from: {pod: shop/web}, to: {pod: shop/db, port: 80}, expect: {verdct: allow}}`,
        'PP_SUITE_INVALID',
        28,
        /verdct/,
      ],
      [
        'an expectation of nothing',
        `${CLUSTER}\nprobes:\n- {from: {pod: shop/web}, to: {pod: shop/db, port: 80}, expect: {}}`,
        'PP_SUITE_INVALID',
        28,
        /expects nothing/,
      ],
      [
        'a huge port',
        `${CLUSTER}\nprobes:\n- {from: {pod: shop/web}, to: {pod: shop/db, port: 1e9}, expect: {verdict: allow}}`,
        'PP_SUITE_INVALID',
        28,
        /port/,
      ],
      [
        'a pod that is not there',
        `${CLUSTER}\nprobes:\n- {from: {pod: shop/cat}, to: {pod: shop/db, port: 80}, expect: {verdict: allow}}`,
        'PP_SUITE_INVALID',
        28,
        /shop\/cat/,
      ],
      [
        'no address',
        `${CLUSTER}\nprobes:\n- {from: {ip: 10.0.0}, to: {pod: shop/db, port: 80}, expect: {verdict: allow}}`,
        'PP_SUITE_INVALID',
        28,
        /from\.ip.*10\.0\.0/,
      ],
      [
        'an unknown protocol',
        `${CLUSTER}\nprobes:\n- {from: {pod: shop/web}, to: {pod: shop/db, port: 80, protocol: 'TCP; rm'}, expect: {verdict: allow}}`,
        'PP_SUITE_INVALID',
        28,
        /protocol/,
      ],
      [
        'a row of the wrong length',
        `${CLUSTER}\nmatrices:\n- {port: 80, columns: shop/web shop/db, rows: {shop/web: '...'}}`,
        'PP_SUITE_INVALID',
        28,
        /3 cells for 2 columns/,
      ],
      [
        'a cell of another letter',
        `${CLUSTER}\nmatrices:\n- {port: 80, columns: shop/web shop/db, rows: {shop/web: '.?'}}`,
        'PP_SUITE_INVALID',
        28,
        /"\?"/,
      ],
      [
        'a port that no pod names',
        `${CLUSTER}\nmatrices:\n- {port: grpc, columns: shop/web shop/db, rows: {shop/web: '..'}}`,
        'PP_SUITE_INVALID',
        28,
        /grpc/,
      ],
      ['files that are not there', `${CLUSTER}${PROBE}\nfiles: [nowhere.yaml]`, 'PP_SUITE_UNREADABLE', 29, /nowhere/],
      [
        'an invalid object',
        `${CLUSTER}\n- {apiVersion: v1, kind: Pod, metadata: {name: 'A\\nB', namespace: shop}}${PROBE}`,
        'PP_SUITE_OBJECT_INVALID',
        27,
        /metadata\.name/,
      ],
    ];
    for (const [title, text, code, line, says] of cases) {
      it(title, () => {
        const error = errorOf(text);
        expect(error.code).to.equal(code);
        expect(error.message).to.match(says);
        expect(error.position).to.deep.equal({ file: join(folder, 'suite.yaml'), line });
      });
    }
  });

  it('refuses a bomb of aliases and endless nesting without going off', () => {
    const bomb = [
      'a: &a [x, x]',
      ...Array.from(
        { length: 30 },
        (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`}, *${i === 0 ? 'a' : `b${i - 1}`}]`,
      ),
    ];
    expect(errorOf(bomb.join('\n')).code).to.equal('PP_SUITE_SYNTAX');
    expect(errorOf(`id: ${'['.repeat(5000)}`).code).to.equal('PP_SUITE_SYNTAX');
  });
});
