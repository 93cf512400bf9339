import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CheckData } from '../check/report-data';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import type { Run } from '../testing/polyplane-process';

const PODS = ['one', 'two', 'three'].map(
  (name, index) =>
    `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: x, labels: {app: ${name}}}, spec: {nodeName: node-1}, status: {podIP: 10.244.1.${6 + index}}}`,
);
/** Each would allow everyone, were its unknown field not there. */
const CLUSTER = [
  '{apiVersion: v1, kind: Node, metadata: {name: node-1}, status: {addresses: [{type: InternalIP, address: 172.30.0.11}]}}',
  '{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {tenant: x}}}',
  '{apiVersion: v1, kind: Namespace, metadata: {name: blue, labels: {tenant: blue}}}',
  ...PODS,
  '{apiVersion: v1, kind: Pod, metadata: {name: stranger, namespace: blue}, spec: {nodeName: node-1}, status: {podIP: 10.244.1.9}}',
  `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: one, namespace: x}
spec: {podSelector: {matchLabels: {app: one}}, ingress: [{form: [{podSelector: {}}]}]}`,
  `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: two, namespace: x}
spec: {podSelector: {matchLabels: {app: two}}, ingress: [{port: 10902, protocol: TCP}]}`,
  '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: three, namespace: x}, spec: {podSelector: {matchLabels: {app: three}}}}',
  `apiVersion: policy.networking.k8s.io/v1alpha1
kind: AdminNetworkPolicy
metadata: {name: tenants}
spec:
  priority: 5
  subject: {namespaces: {}}
  ingress: [{name: same, action: Allow, from: [{namespaces: {sameLabels: [tenant]}}]}]`,
  `apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: out, namespace: x}
spec:
  selector: app == 'three'
  types: [Egress]
  egress: [{action: Allow, protocol: TCP, destination: {domains: [api.example.com], ports: [443]}}]`,
].join('\n---\n');

const TOLD = [
  'NetworkPolicy x/one: spec.ingress[0].form: unknown field; the nearest there is: from',
  'NetworkPolicy x/two: spec.ingress[0].port: unknown field; the nearest there is: ports',
  'NetworkPolicy x/two: spec.ingress[0].protocol: unknown field; there are from, ports',
  'AdminNetworkPolicy tenants: spec.ingress[0].from[0].namespaces.sameLabels: unknown field; there are matchLabels, matchExpressions',
  'NetworkPolicy x/out: spec.egress[0].destination.domains: unknown field; there are ',
];
const WIDENED = [
  ['203.0.113.9', '10.244.1.6:22'],
  ['203.0.113.9', '10.244.1.7:22'],
  ['pod:blue/stranger', '10.244.1.8:80'],
  ['pod:x/three', '203.0.113.9:443'],
] as const;

describe('--validate', function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-validate-'));
    file = write('cluster.yaml', CLUSTER);
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  function trace(from: string, to: string, ...more: readonly string[]): Promise<Run> {
    return polyplaneInProcess([
      'trace',
      '-f',
      file,
      '--node',
      'node-1',
      '--from',
      from,
      '--to',
      to,
      '-o',
      'json',
      ...more,
    ]);
  }

  const linesOf = (stderr: string, label: string): readonly string[] =>
    stderr.split('\n').filter((line) => line.startsWith(`${label}: ${file}:`));

  it('strict, as is the default, refuses objects with fields that no schema knows: file, line, field, the nearest', async () => {
    for (const command of [
      ['check', '-f', file],
      ['check', '-f', file, '--validate', 'strict'],
      ['render', '-f', file, '--node', 'node-1', '--backend', 'iptables'],
      ['trace', '-f', file, '--node', 'node-1', '--from', '203.0.113.9', '--to', '10.244.1.6:22'],
    ]) {
      const { exitCode, stderr } = await polyplaneInProcess(command);
      expect(exitCode, command.join(' ')).to.equal(2);
      const lines = linesOf(stderr, 'error');
      expect(lines).to.have.length(TOLD.length);
      for (const [index, told] of TOLD.entries())
        expect(lines[index])
          .to.match(/:\d+: /)
          .and.contain(told);
      expect(stderr).to.contain('(PP_FIELD_UNKNOWN)');
    }
  });

  it('warn tells of them, and closes the rules that have them', async () => {
    for (const [from, to] of WIDENED) {
      const { exitCode, stdout, stderr } = await trace(from, to, '--validate', 'warn');
      expect(exitCode).to.equal(0);
      expect(JSON.parse(stdout), `${from} ${to}`).to.include({ verdict: 'deny' });
      expect(linesOf(stderr, 'warning')).to.have.length(TOLD.length);
    }
  });

  it('ignore reads on as if they were not there, without a word', async () => {
    for (const [from, to] of WIDENED) {
      const { exitCode, stdout, stderr } = await trace(from, to, '--validate', 'ignore');
      expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
      expect(JSON.parse(stdout), `${from} ${to}`).to.include({ verdict: 'allow' });
    }
  });

  it('takes no other word', async () => {
    expect((await trace('203.0.113.9', '10.244.1.6:22', '--validate', 'maybe')).exitCode).to.equal(2);
  });
});

describe('policies of kinds that are not read', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-foreign-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are findings of every backend, with file and line', async () => {
    const file = join(folder, 'cluster.yaml');
    writeFileSync(
      file,
      '{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: p, namespace: a}\n',
    );
    const { exitCode, stdout, stderr } = await polyplaneInProcess(['check', '-f', file, '-o', 'json']);
    expect(exitCode).to.equal(1);
    expect(stderr).to.contain(`warning: ${file}:3: CiliumNetworkPolicy a/p: `);
    const { backends } = JSON.parse(stdout) as CheckData;
    for (const { name, verdict, findings } of backends) {
      expect(verdict, name).to.equal('unsupported');
      expect(findings.map(({ code, object, line }) => [code, object.name, line])).to.deep.equal([
        ['PP_POLICY_NOT_READ', 'p', 3],
      ]);
    }
  });

  it('end a trace and a rendering as other refused objects do', async () => {
    const file = join(folder, 'misspelt.yaml');
    writeFileSync(
      file,
      '{apiVersion: v1, kind: Node, metadata: {name: n}}\n---\n{apiVersion: networking.k8s.io/v1, kind: NetwrokPolicy, metadata: {name: p}}\n',
    );
    for (const command of [
      ['trace', '-f', file, '--node', 'n', '--from', '203.0.113.9', '--to', '10.0.0.1:80'],
      ['render', '-f', file, '--node', 'n', '--backend', 'iptables'],
    ]) {
      const { exitCode, stderr } = await polyplaneInProcess(command);
      expect(exitCode, command[0]).to.equal(2);
      expect(stderr).to.contain('PP_POLICY_NOT_READ').and.to.contain(`${file}:3: `);
    }
    expect((await polyplaneInProcess(['check', '-f', file])).exitCode).to.equal(1);
  });
});
