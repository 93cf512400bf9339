import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, ROOT, type Run } from '../testing/polyplane-process';
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
    return polyplaneInProcess([
      'trace',
      '-f',
      'examples/shop',
      '--node',
      'node-1',
      '--from',
      from,
      '--to',
      to,
      ...options,
    ]);
  }

  async function report(from: string, to: string): Promise<TraceReport> {
    const { stdout, exitCode, stderr } = await shop(from, to, '-o', 'json');
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    return JSON.parse(stdout) as TraceReport;
  }

  it('says of a rule that cannot be read that it cannot', async () => {
    const cluster = `{apiVersion: v1, kind: Node, metadata: {name: n}, status: {addresses: [{type: InternalIP, address: 172.30.0.11}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: a}, spec: {nodeName: n, containers: [{name: c}]}, status: {phase: Running, podIPs: [{ip: 10.244.1.6}]}}
---
{apiVersion: projectcalico.org/v3, kind: GlobalNetworkPolicy, metadata: {name: g}, spec: {selector: all(), order: 7, types: [Ingress], ingress: [{action: Allow, form: 7}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: k, namespace: a}, spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{form: []}]}}
`;
    const folder = mkdtempSync(join(tmpdir(), 'polyplane-unread-'));
    try {
      writeFileSync(join(folder, 'c.yaml'), cluster);
      const packet = ['--node', 'n', '--from', '203.0.113.9', '--to', '10.244.1.6:80'];
      const { stdout } = await polyplaneInProcess(['trace', '-f', folder, '--validate', 'warn', ...packet]);
      expect(stdout).to.match(/^Verdict +deny$/m);
      expect(stdout.match(/no match: it cannot be read, and allows nothing/g)).to.have.length(2);
      expect(stdout).to.match(/^Nearest rule .*GlobalNetworkPolicy g .*\n {2}it cannot be read, and allows nothing$/m);
      expect(stdout).not.to.contain('rule-cannot-be-read');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('warns of what the backend does not do, in the chosen version of the dataplanes', async () => {
    const args = ['-f', 'examples/limits/ebpf-log-action.yaml', '--node', 'node-1', '--from', '192.0.2.1'];
    const trace = (...more: readonly string[]) =>
      polyplaneInProcess(['trace', ...args, '--to', '10.244.1.10:8080', '--backend', 'ebpf', ...more]);
    expect((await trace()).stderr).to.match(/^warning: ebpf does not do all of it .*: PP_LIMIT_EBPF_LOG_ACTION$/m);
    expect(await trace('--profile', 'calico-3.29')).to.include({ exitCode: 0, stderr: '' });
    expect(await trace('--feature-gates', 'X=true')).to.include({ exitCode: 2, stdout: '' });
  });

  it('names the rule that denies a packet', async () => {
    const { verdict, translation, steps } = await report('pod:shop-web/frontend-1', '10.244.1.30:5432');
    expect(verdict).to.equal('deny');
    expect(translation).to.deep.equal({ destination: [], snat: false, dsr: false });
    expect(steps.at(-1)).to.deep.include({ stage: 'ingressPolicy', outcome: 'deny' });
  });

  it('names file and line of each rule, those that did not match with the reason, and the nearest that would have allowed it', async () => {
    const { steps, nearestRules } = await report('pod:shop-web/frontend-1', '10.244.1.30:5432');
    const file = 'examples/shop/network-policies.yaml';
    const rule = {
      stage: 'ingressPolicy',
      object: { kind: 'NetworkPolicy', namespace: 'shop-data', name: 'api-to-postgres' },
      rule: 'spec.ingress[0].from[0]',
      outcome: 'noMatch',
      node: 'node-1',
      file,
      action: 'allow',
    };
    expect(nearestRules).to.have.length(1);
    expect(nearestRules[0]).to.deep.include({ ...rule, behind: [] });
    const { behind: _, ...asked } = nearestRules[0] ?? {};
    expect(steps).to.deep.include(asked);
    const line = readFileSync(join(ROOT, file), 'utf8').split('\n')[(nearestRules[0]?.line ?? 0) - 1];
    expect(line).to.match(/^ +- namespaceSelector:/);
    expect(nearestRules[0]?.unmet).to.have.length(1);
    expect(nearestRules[0]?.unmet?.[0]).to.match(/^source 10\.244\.1\.10 is not in \(pcns\.tier == "api"/);
    const { stdout } = await shop('pod:shop-web/frontend-1', '10.244.1.30:5432');
    expect(stdout).to.match(
      /^Nearest rule that would have allowed it: NetworkPolicy shop-data\/api-to-postgres .*:\d+\)$/m,
    );
  });

  it('follows a packet to the node of its destination, which has its say', async () => {
    const { verdict, steps } = await report('pod:shop-web/frontend-1', '10.244.2.20:9999');
    expect(verdict).to.equal('deny');
    expect([...new Set(steps.map(({ node }) => node))]).to.deep.equal(['node-1', 'node-2']);
    expect(steps.at(-1)).to.deep.include({ node: 'node-2', stage: 'ingressPolicy', outcome: 'deny' });
  });

  it('names the rule that lets a packet through a service, for each endpoint', async () => {
    const { verdict, translation, steps } = await report('pod:shop-web/frontend-1', '10.96.2.10:80');
    expect(verdict).to.equal('allow');
    expect(translation.destination).to.deep.equal(['10.244.1.20:8080', '10.244.2.20:8080']);
    const allowed = steps.find(({ destination, outcome }) => destination === '10.244.1.20:8080' && outcome === 'allow');
    const policy = steps.find((step) => step.stage === 'ingressPolicy' && step.outcome === 'allow');
    expect(allowed?.node).to.equal('node-1');
    expect(policy).to.deep.include({
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
      /^Packet {4}pod:shop-api\/orders-1 -> 10\.96\.2\.12:443, from node-1 on\nVerdict {3}allow\n/,
    );
    expect(stdout).to.match(/^(NODE +)?STAGE +(TO +)?OBJECT +RULE +AT +OUTCOME$/m);
    expect(stdout).to.match(
      /ingressPolicy .*NetworkPolicy shop-api\/orders-to-payments +spec\.ingress\[0\]\S* +\S+\/network-policies\.yaml:\d+ +allow$/m,
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

  it('begins at the sender’s node unless told otherwise', async () => {
    const from = (sender: string, ...more: readonly string[]): Promise<Run> =>
      polyplaneInProcess([
        'trace',
        '-f',
        'examples/shop',
        '--from',
        sender,
        '--to',
        'svc:shop-web/frontend:http',
        ...more,
      ]);
    for (const sender of ['pod:shop-web/frontend-2', 'node:node-2', '10.244.2.10', '172.30.0.12']) {
      const run = await from(sender);
      expect(run.stderr, sender).to.equal('');
      expect(run.stdout, sender).to.match(/^Packet .*, from node-2 on\nDials {5}10\.96\.1\.10:80\/tcp$/m);
    }
    const elsewhere = await from('pod:shop-web/frontend-2', '--node', 'node-1');
    expect(elsewhere.exitCode).to.equal(0);
    expect(elsewhere.stdout).to.match(/, from node-1 on$/m);
    expect(elsewhere.stderr).to.match(/^warning: pod:shop-web\/frontend-2 is on node-2, so node-1 meets its packet /);
    expect((await from('pod:shop-web/frontend-2', '--node', 'node-2')).stderr).to.equal('');
  });

  it('makes the verdict the exit code where one is expected', async () => {
    const denied = ['pod:shop-web/frontend-1', 'pod:shop-data/postgres-1:pg'] as const;
    const allowed = ['pod:shop-api/orders-1', 'svc:shop-api/payments:https'] as const;
    const rejected = ['pod:shop-web/frontend-1', '10.96.2.13:80'] as const;
    expect(await shop(...denied, '--expect', 'deny')).to.include({ exitCode: 0, stderr: '' });
    expect(await shop(...rejected, '--expect', 'deny')).to.include({ exitCode: 0, stderr: '' });
    expect(await shop(...allowed, '--expect', 'allow')).to.include({ exitCode: 0, stderr: '' });
    const unexpected = await shop(...denied, '--expect', 'allow', '-o', 'json');
    expect(unexpected).to.include({ exitCode: 1, stderr: 'expected allow, and the verdict is deny\n' });
    expect((JSON.parse(unexpected.stdout) as TraceReport).verdict).to.equal('deny');
    expect(await shop(...allowed, '--expect', 'deny')).to.include({
      exitCode: 1,
      stderr: 'expected deny, and the verdict is allow\n',
    });
    expect(await shop(...rejected, '--expect', 'allow')).to.include({ exitCode: 1 });
  });

  it('fits a narrow terminal', async () => {
    const { stdout } = await polyplane(
      ['trace', '-f', 'examples/shop', '--from', 'pod:shop-web/frontend-1', '--to', 'pod:shop-data/postgres-1:pg'],
      { environment: { COLUMNS: '80' } },
    );
    expect(stdout).to.match(
      /^node-3 ingressPolicy: deny\n {2}NetworkPolicy shop-data\/default-deny end of tier default$/m,
    );
    for (const line of stdout.split('\n')) expect(line.length, line).to.be.at.most(80);
  });

  describe('ends with 2 and says what to do', () => {
    const cases: readonly (readonly [title: string, run: () => Promise<Run>, says: readonly RegExp[]])[] = [
      [
        'when a path is wrong',
        () =>
          polyplaneInProcess(['trace', '-f', 'examples/shpo', '--node', 'n', '--from', 'host', '--to', '10.0.0.1:80']),
        [/^error: .*examples\/shpo.*(no such file|not exist)/m, /PP_MANIFEST_UNREADABLE/],
      ],
      [
        'when YAML is broken, with file and line',
        () => {
          const file = write('broken.yaml', `${NODE}---\napiVersion: v1\nkind: [Pod\n`);
          return polyplaneInProcess(['trace', '-f', file, '--node', 'n1', '--from', 'host', '--to', '10.0.0.1:80']);
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
          return polyplaneInProcess(['trace', '-f', file, '--node', 'n1', '--from', 'host', '--to', '10.0.0.1:80']);
        },
        [/^error: .*wrong\.yaml:13: Service d\/s: spec\.ports\[0\]\.port: /m, /PP_OBJECT_INVALID/],
      ],
      [
        'when there is no such node, naming near ones',
        () =>
          polyplaneInProcess([
            'trace',
            '-f',
            'examples/shop',
            '--node',
            'node1',
            '--from',
            'host',
            '--to',
            '10.0.0.1:80',
          ]),
        [/^error: no node is named node1; near: node-1, node-2, node-3$/m, /PP_CLI_NODE_UNKNOWN/],
      ],
      [
        'when there is no such pod, naming near ones',
        () => shop('pod:shop-web/frontend', '10.96.2.10:80'),
        [/^error: no pod is named shop-web\/frontend; near: shop-web\/frontend-1, shop-web\/frontend-2$/m],
      ],
      ['when an option is missing', () => polyplaneInProcess(['trace', '--node', 'n']), [/required option '--from/]],
      [
        'when there is nothing to read, or two things',
        async () => {
          const packet = ['--node', 'n', '--from', 'host', '--to', '10.0.0.1:80'];
          const both = await polyplaneInProcess(['trace', ...packet, '-f', 'examples/shop', '--context', 'c']);
          expect(both.stderr).to.match(/cannot be used with option '--context <name>'/);
          expect(both.exitCode).to.equal(2);
          return polyplaneInProcess(['trace', ...packet]);
        },
        [/give manifests by -f, or a running cluster by --kubeconfig/],
      ],
      [
        'when the sender’s node is not known',
        () =>
          polyplaneInProcess([
            'trace',
            '-f',
            'examples/shop',
            '--from',
            '192.0.2.1',
            '--to',
            'svc:shop-web/frontend:80',
          ]),
        [/^error: give --node: 192\.0\.2\.1 belongs to no node of the cluster/m],
      ],
      [
        'when it is the host of nobody knows which',
        () =>
          polyplaneInProcess(['trace', '-f', 'examples/shop', '--from', 'host', '--to', 'svc:shop-web/frontend:80']),
        [/^error: give --node: `host` is a process of the node that you name$/m],
      ],
      [
        'when a verdict is expected that there is none',
        () => shop('host', '10.96.2.10:80', '--expect', 'drop'),
        [/Allowed choices are allow, deny/],
      ],
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
