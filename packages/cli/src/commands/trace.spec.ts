import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, type Run } from '../testing/polyplane-process';
import type { TraceReport } from '../trace-report';

const NODE = `apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 172.30.0.1}]}
`;

describe('polyplane trace', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-trace-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  function shop(from: string, to: string, ...options: readonly string[]): Promise<Run> {
    return polyplane(['trace', '-f', 'examples/shop', '--node', 'node-1', '--from', from, '--to', to, ...options]);
  }

  async function report(from: string, to: string): Promise<TraceReport> {
    const { stdout, exitCode, stderr } = await shop(from, to, '-o', 'json');
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    return JSON.parse(stdout) as TraceReport;
  }

  it('names the rule that denies a packet', async () => {
    const { verdict, translation, steps } = await report('pod:shop-web/frontend-1', '10.244.1.30:5432');
    expect(verdict).to.equal('deny');
    expect(translation).to.deep.equal({ destination: [], snat: false, dsr: false });
    expect(steps.at(-1)).to.deep.include({ stage: 'ingressPolicy', outcome: 'deny' });
  });

  it('names the rule that lets a packet through a service, for each endpoint', async () => {
    const { verdict, translation, steps } = await report('pod:shop-web/frontend-1', '10.96.2.10:80');
    expect(verdict).to.equal('allow');
    expect(translation.destination).to.deep.equal(['10.244.1.20:8080', '10.244.2.20:8080']);
    expect(steps).to.deep.include({
      stage: 'ingressPolicy',
      object: { kind: 'NetworkPolicy', namespace: 'shop-api', name: 'frontend-to-api' },
      rule: 'spec.ingress[0].from[0]',
      outcome: 'allow',
      destination: '10.244.1.20:8080',
    });
  });

  it('is a table for people, without colours when nobody watches', async () => {
    const { stdout } = await shop('pod:shop-api/orders-1', '10.96.2.12:443');
    expect(stdout).to.match(
      /^Packet {4}pod:shop-api\/orders-1 -> 10\.96\.2\.12:443, as node-1 sees it\nVerdict {3}allow\n/,
    );
    expect(stdout).to.match(/^STAGE +OBJECT +RULE +OUTCOME$/m);
    expect(stdout).to.match(
      /^ingressPolicy +NetworkPolicy shop-api\/orders-to-payments +spec\.ingress\[0\]\S* +allow$/m,
    );
    expect(stdout).not.to.include('\u001b');
  });

  it('does as a backend does, and says what that leaves out', async () => {
    const run = await shop('192.0.2.10', '203.0.113.10:80', '--backend', 'vpp', '-o', 'json');
    expect(run.exitCode).to.equal(0);
    // VPP keeps the client's address, answers it directly, and has no session affinity.
    expect((JSON.parse(run.stdout) as TraceReport).translation).to.deep.include({ snat: false, dsr: true });
    expect(run.stderr).to.match(/^warning: vpp does not do all of it \(`polyplane check` says what\): PP_\S*AFFINITY/m);
  });

  it('reads files, folders and stdin together', async () => {
    const node = write('node.yaml', NODE);
    const pod = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "d"},
      "spec": {"nodeName": "n1", "containers": []}, "status": {"podIP": "10.0.0.1", "phase": "Running"}}`;
    const args = [
      'trace',
      '-f',
      node,
      '-f',
      '-',
      '--node',
      'n1',
      '--from',
      'pod:d/p',
      '--to',
      '10.0.0.9:80',
      '-o',
      'yaml',
    ];
    const { exitCode, stdout, stderr } = await polyplane(args, { input: pod });
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/^verdict: allow$/m);
  });

  describe('ends with 2 and says what to do', () => {
    const cases: readonly (readonly [title: string, run: () => Promise<Run>, says: readonly RegExp[]])[] = [
      [
        'when a path is wrong',
        () => polyplane(['trace', '-f', 'examples/shpo', '--node', 'n', '--from', 'host', '--to', '10.0.0.1:80']),
        [/^error: .*examples\/shpo.*(no such file|not exist)/m, /PP_MANIFEST_UNREADABLE/],
      ],
      [
        'when YAML is broken, with file and line',
        () => {
          const file = write('broken.yaml', `${NODE}---\napiVersion: v1\nkind: [Pod\n`);
          return polyplane(['trace', '-f', file, '--node', 'n1', '--from', 'host', '--to', '10.0.0.1:80']);
        },
        [/broken\.yaml:[78]: /, /PP_MANIFEST_SYNTAX/, /PP_CLI_INPUT_INVALID/],
      ],
      [
        'when a field is wrong, with file, line, object and field',
        () => {
          const file = write(
            'wrong.yaml',
            `${NODE}---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s\n  namespace: d\nspec:\n  ports:\n    - port: 99999\n`,
          );
          return polyplane(['trace', '-f', file, '--node', 'n1', '--from', 'host', '--to', '10.0.0.1:80']);
        },
        [/^error: .*wrong\.yaml:13: Service d\/s: spec\.ports\[0\]\.port: /m, /PP_OBJECT_INVALID/],
      ],
      [
        'when there is no such node, naming near ones',
        () => polyplane(['trace', '-f', 'examples/shop', '--node', 'node1', '--from', 'host', '--to', '10.0.0.1:80']),
        [/^error: no node is named node1; near: node-1, node-2, node-3$/m, /PP_CLI_NODE_UNKNOWN/],
      ],
      [
        'when there is no such pod, naming near ones',
        () => shop('pod:shop-web/frontend', '10.96.2.10:80'),
        [/^error: no pod is named shop-web\/frontend; near: shop-web\/frontend-1, shop-web\/frontend-2$/m],
      ],
      ['when an option is missing', () => polyplane(['trace', '--node', 'n']), [/required option '-f, --filename/]],
    ];
    for (const [title, run, says] of cases) {
      it(title, async () => {
        const { exitCode, stdout, stderr } = await run();
        for (const pattern of says) expect(stderr).to.match(pattern);
        expect(stderr, 'a stack trace').not.to.match(/^\s+at /m);
        expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
      });
    }
  });
});
