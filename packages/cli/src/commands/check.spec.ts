import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { skipIf } from '@polyplane/conformance';
import type { CheckData } from '../check/report-data';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { polyplane, type Run, userObstacle } from '../testing/polyplane-process';
import { readVersion } from '../version';

const AFFINITY = 'examples/limits/vpp-session-affinity.yaml';
const LOG_POLICY = `apiVersion: projectcalico.org/v3
kind: NetworkPolicy
metadata: {name: audit, namespace: shop}
spec:
  types: [Ingress]
  ingress:
    - action: Log
`;

function check(...args: readonly string[]): Promise<Run> {
  return polyplaneInProcess(['check', ...args]);
}

function findingsOf(run: Run): readonly string[] {
  const { backends } = JSON.parse(run.stdout) as CheckData;
  return backends.flatMap(({ name, findings }) =>
    findings.map(({ object, field, line }) => `${name} ${object.kind} ${object.name} ${field} ${line}`),
  );
}

const THIRD_PARTY = './packages/cli/src/testing/third-party-backend.ts';
describe('polyplane check', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-check-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, text: string | Buffer): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  it('lets no file’s name look like a line of its own', async () => {
    const lines = join(folder, 'lines');
    mkdirSync(lines);
    writeFileSync(join(lines, 'a\nerror: all is well.yaml'), 'kind: [\n');
    writeFileSync(join(lines, 'b\nerror: all is well.yaml'), LOG_POLICY.replace('shop', 'Shop'));
    symlinkSync('/dev/null', join(lines, 'c\nerror: all is well.yaml'));
    const { exitCode, stderr } = await check('-f', lines, '--backend', 'vpp');
    expect(exitCode).to.equal(2);
    const named = stderr.split('\n').filter((line) => line.includes('all is well'));
    expect(named).to.have.length(3);
    for (const line of named) expect(line).to.match(/^(error|warning): ".*\/[abc]\\nerror: all is well\.yaml":/);
  });

  it('answers scripts in JSON, and no when something is unsupported', async () => {
    const { stdout, stderr, exitCode } = await check('-f', AFFINITY, '--backend', 'vpp', '-o', 'json');
    expect({ stderr, exitCode }).to.deep.equal({ stderr: '', exitCode: 1 });
    const { judgedBy, ...answer } = JSON.parse(stdout) as CheckData;
    expect(judgedBy.profile).to.equal('calico-3.19');
    expect(judgedBy.version).to.equal(readVersion());
    expect(judgedBy.date).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(answer).to.deep.equal({
      backends: [
        {
          name: 'vpp',
          verdict: 'unsupported',
          findings: [
            {
              code: 'PP_LIMIT_VPP_SESSION_AFFINITY',
              severity: 'error',
              feature: 'sessionAffinity',
              object: { kind: 'Service', namespace: 'shop', name: 'orders' },
              field: 'spec.sessionAffinity',
              file: AFFINITY,
              line: 11,
              effect: 'degraded',
              message:
                'VPP does not support session affinity: each connection of a client may meet another endpoint of the service.',
              remedy: 'Keep sessions in the application or in a proxy in front of it.',
              source: 'Calico 3.19, Details of VPP implementation & known-issues',
            },
          ],
        },
      ],
      behaviourChanges: [],
      otherProfiles: [],
    });
  });

  it('is the same text for the same input, as of a date that is given', async () => {
    const environment = { SOURCE_DATE_EPOCH: '1796054400' };
    const args = ['check', '-f', 'examples/limits/ebpf-ipv6.yaml', '--backend', 'ebpf'];
    const { stdout } = await polyplane(args, { environment });
    expect(stdout.trimEnd().split('\n').slice(-2)).to.deep.equal([
      `Judged by the limits of calico-3.19, with polyplane ${readVersion()}, 2026-11-30T16:00:00Z.`,
      'By calico-3.28 and later (--profile calico-3.28) ebpf is supported: without PP_LIMIT_EBPF_IPV6.',
    ]);
    expect(await polyplane(args, { environment })).to.include({ stdout });
    const wrong = await polyplane(args, { environment: { SOURCE_DATE_EPOCH: 'now' } });
    expect(wrong.exitCode).to.equal(2);
    expect(wrong.stderr).to.match(/SOURCE_DATE_EPOCH: "now" is no number of seconds/);
  });

  it('says yes when nothing is unsupported, though something may be degraded', async () => {
    const run = await check('-f', 'examples/limits/vpp-wireguard.yaml', '--backend', 'vpp', 'iptables', '-o', 'json');
    expect(run.exitCode).to.equal(0);
    const { backends } = JSON.parse(run.stdout) as CheckData;
    expect(backends.map(({ name, verdict }) => `${name} ${verdict}`)).to.deep.equal([
      'vpp degraded',
      'iptables supported',
    ]);
  });

  it('checks every dataplane unless told otherwise', async () => {
    const { backends } = JSON.parse((await check('-f', AFFINITY, '-o', 'json')).stdout) as CheckData;
    expect(backends.map(({ name }) => name)).to.deep.equal(['iptables', 'ebpf', 'vpp']);
  });

  it('answers for a switch by where it leads', async () => {
    const away = await check('-f', AFFINITY, '--from', 'vpp', '--to', 'iptables', '-o', 'json');
    expect(away.exitCode).to.equal(0);
    const back = await check('-f', AFFINITY, '--from', 'iptables', '--to', 'vpp', '-o', 'json');
    expect(back.exitCode).to.equal(1);
    const { backends, behaviourChanges } = JSON.parse(back.stdout) as CheckData;
    expect(backends.map(({ name }) => name)).to.deep.equal(['iptables', 'vpp']);
    expect(behaviourChanges).to.deep.include({
      code: 'PP_CHANGE_SERVICE_AFFINITY',
      from: 'iptables',
      to: 'vpp',
      object: { kind: 'Service', namespace: 'shop', name: 'orders' },
      message: 'Client affinity ceases to hold: each connection of a client may meet another endpoint.',
      remedy:
        'Keep sessions in the application or in a proxy in front of it before switching to a backend without affinity.',
    });
  });

  it('judges nodes that run different backends beside each other', async () => {
    const run = await check('-f', 'examples/shop', '--nodes', 'node-1=iptables,node-2=ebpf,node-3=ebpf', '-o', 'json');
    const { backends } = JSON.parse(run.stdout) as CheckData;
    expect(backends.map(({ name }) => name)).to.deep.equal(['iptables', 'ebpf']);
    const hybrid = backends[1]?.findings.filter(({ code }) => code === 'PP_LIMIT_EBPF_HYBRID') ?? [];
    expect(hybrid.map(({ object }) => object.name)).to.deep.equal(['node-1']);
    expect(hybrid[0]?.message).to.match(/Dropped: what node-2, node-3 forward to endpoints on node-1 of Service /);
  });

  it('prints the same as YAML, a table for people, and one page', async () => {
    const args = ['-f', AFFINITY, '--from', 'iptables', '--to', 'vpp'];
    const json = await check(...args, '-o', 'json');
    const yaml = await check(...args, '-o', 'yaml');
    const table = await check(...args);
    const html = await check(...args, '-o', 'html');
    expect(parse(yaml.stdout)).to.deep.equal(JSON.parse(json.stdout));
    expect(table.stdout)
      .to.match(/^BACKEND +VERDICT/)
      .and.contain(`${AFFINITY}:11: Service shop/orders`);
    expect(html.stdout).to.match(/^<!DOCTYPE html>/);
    expect([yaml, table, html].map(({ exitCode }) => exitCode)).to.deep.equal([1, 1, 1]);
  });

  it('reads stdin', async () => {
    const run = await polyplane(['check', '-f', '-', '--backend', 'ebpf', '-o', 'json'], { input: LOG_POLICY });
    expect([run.exitCode, findingsOf(run)]).to.deep.equal([1, ['ebpf NetworkPolicy audit spec.ingress[0].action 7']]);
  });

  it('takes another version of the dataplanes by its profile', async () => {
    const file = write('log.yaml', LOG_POLICY);
    expect((await check('-f', file, '--backend', 'ebpf', '--profile', 'calico-3.29')).exitCode).to.equal(0);
    expect((await check('-f', file, '--backend', 'ebpf', '--profile', 'calico-3.28')).exitCode).to.equal(1);
  });

  it('warns of a policy that nobody puts in force, as its tier is not there, and answers all the same', async () => {
    const file = write(
      'tier.yaml',
      LOG_POLICY.replace('spec:', 'spec:\n  tier: later').replace('name: audit', 'name: later.audit'),
    );
    const { exitCode, stderr } = await check('-f', file, '--backend', 'iptables');
    expect(exitCode).to.equal(0);
    expect(stderr).to.match(
      /^warning: .*tier\.yaml:\d+: NetworkPolicy .*later\.audit is not in force: there is no tier "later"$/m,
    );
  });

  it('takes a limit for lifted while its feature gate is on, and names the gate while it is off', async () => {
    const args = ['-f', AFFINITY, '--backend', 'third-party', '--backend-module', THIRD_PARTY, '-o', 'json'];
    const off = await check(...args);
    const on = await check(...args, '--feature-gates', 'ThirdPartyAffinity=true');
    expect([off.exitCode, on.exitCode]).to.deep.equal([1, 0]);
    expect(off.stdout).to.contain('Do without. Or switch on the feature gate ThirdPartyAffinity (alpha).');
  });

  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['an unknown backend', ['-f', AFFINITY, '--backend', 'ebfp'], 'no backend is named "ebfp"; there is'],
    ['--from without --to', ['-f', AFFINITY, '--from', 'vpp'], '--from and --to need each other'],
    ['a profile that is none', ['-f', AFFINITY, '--profile', '3.19'], 'is not a profile such as calico-3.19'],
    ['a feature gate that nobody has', ['-f', AFFINITY, '--feature-gates', 'X=true'], 'no feature gate is named "X"'],
    ['a feature gate half-way', ['-f', AFFINITY, '--feature-gates', 'X=on'], '"X=on" is not NAME=true or NAME=false'],
    ['nodes without their backends', ['-f', AFFINITY, '--nodes', 'node-1'], '--nodes: "node-1" is not NODE=BACKEND'],
    ['no input', [], 'give manifests by -f, or a running cluster by --kubeconfig'],
    ['a kubeconfig that is not there', ['--kubeconfig', 'no/such/config'], 'no/such/config'],
    ['a path that is not there', ['-f', 'no/such/path'], 'no/such/path'],
  ];
  for (const [what, args, says] of wrong) {
    it(`refuses ${what}`, async () => {
      const { exitCode, stdout, stderr } = await check(...args);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
      expect(stderr).to.contain(says);
    });
  }

  describe('given something bad among the good', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [before, after] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi']) {
      bomb.push(`${after}: &${after} [${Array(9).fill(`*${before}`).join(',')}]`);
    }
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 99999}]}';
    const cases: readonly (readonly [file: string, content: string | Buffer, says: RegExp])[] = [
      ['broken.yaml', 'kind: [Service\nmetadata: {', /broken\.yaml:\d+: /],
      ['binary.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe]), /binary\.yaml: not UTF-8 text/],
      ['zero.yaml', 'kind: \0', /zero\.yaml:1: not a text/],
      ['bomb.yaml', bomb.join('\n'), /bomb\.yaml:\d+: /],
      ['invalid.yaml', service, /invalid\.yaml:4: Service default\/s: spec\.ports\[0\]\.port: /],
    ];

    it('tells of each bad thing with its place, and answers for the rest', async () => {
      const sub = join(folder, 'bad');
      mkdirSync(sub);
      for (const [file, content] of cases) writeFileSync(join(sub, file), content);
      writeFileSync(join(sub, 'good.yaml'), LOG_POLICY);
      const run = await check('-f', sub, '--backend', 'ebpf', '-o', 'json');
      expect(run.exitCode).to.equal(2);
      for (const [, , says] of cases) expect(run.stderr).to.match(says);
      expect(findingsOf(run)).to.deep.equal(['ebpf NetworkPolicy audit spec.ingress[0].action 7']);
    });

    it('follows no link in circles', async () => {
      const sub = join(folder, 'loop');
      mkdirSync(sub);
      symlinkSync(sub, join(sub, 'again'));
      symlinkSync(join(sub, 'y.yaml'), join(sub, 'x.yaml'));
      symlinkSync(join(sub, 'x.yaml'), join(sub, 'y.yaml'));
      writeFileSync(join(sub, 'good.yaml'), LOG_POLICY);
      const run = await check('-f', sub, '--backend', 'ebpf', '-o', 'json');
      expect(run.exitCode).to.equal(1);
      expect(findingsOf(run)).to.have.length(1);
    });

    it('is told of a file that it may not read', async function () {
      skipIf(this, userObstacle);
      const sub = mkdtempSync(join(tmpdir(), 'polyplane-unreadable-'));
      try {
        writeFileSync(join(sub, 'good.yaml'), LOG_POLICY, { mode: 0o644 });
        writeFileSync(join(sub, 'secret.yaml'), LOG_POLICY, { mode: 0o600 });
        chmodSync(sub, 0o755);
        const run = await polyplane(['check', '-f', sub, '--backend', 'ebpf', '-o', 'json'], { uid: 65534 });
        expect(run.exitCode).to.equal(2);
        expect(run.stderr).to.match(/secret\.yaml.*EACCES/);
        expect(findingsOf(run)).to.have.length(1);
      } finally {
        rmSync(sub, { recursive: true });
      }
    });

    it('reads ten thousand files', async () => {
      const sub = join(folder, 'many');
      mkdirSync(sub);
      const textOf = (index: number) =>
        `{apiVersion: v1, kind: Service, metadata: {name: s-${index}}, spec: {ports: [{port: 80}], sessionAffinity: ClientIP}}`;
      for (let index = 0; index < 10_000; index++) writeFileSync(join(sub, `${index}.yaml`), textOf(index));
      const run = await check('-f', sub, '--backend', 'vpp');
      expect(run.exitCode).to.equal(1);
      expect(run.stdout).to.contain('and 9990 more');
    });
  });
});
