import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'inversify';
import { describeUnless, readTestbedObstacle, skipIf } from '@polyplane/conformance';
import { coreModule, type FieldValidation, ManifestSource, NodeAgent, SILENT_LOGGER } from '@polyplane/core';
import { acceptedState } from '../accepted-state';
import { computeNode, readCluster } from '../cluster';
import { EXAMPLES } from '../examples';
import { KEPT_BACKEND, keptModule } from '../testing/kept-backend';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, ROOT, type Run, userObstacle } from '../testing/polyplane-process';
import { ScratchNamespace } from '../testing/scratch-namespace';
import { readNamespaceNetwork } from '../testing/traces';

const KEPT = ['--backend', 'kept', '--backend-module', './packages/cli/src/testing/kept-backend.ts'];
const NOBODY = 65534;

describe('polyplane diff', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  async function putShopInForce(): Promise<void> {
    const cluster = await readCluster({ filename: [join(ROOT, 'examples/shop')] });
    const { state } = acceptedState(KEPT_BACKEND, computeNode(cluster, 'node-1'), {});
    const session = await KEPT_BACKEND.open({ nodeName: 'node-1', logger: SILENT_LOGGER });
    await session.apply(session.plan(state.toTransition(1, true)));
    await session.release('leave');
  }

  const diffShop = (...args: readonly string[]): Promise<Run> =>
    polyplaneInProcess(['diff', '-f', 'examples/shop', '--node', 'node-1', ...args]);

  beforeEach(() => KEPT_BACKEND.target.clear());

  it('says in a unified diff what is not in force, and that it differs', async () => {
    const { exitCode, stdout, stderr } = await diffShop(...KEPT);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 1, stderr: '' });
    const [before, after, range, ...lines] = stdout.trimEnd().split('\n');
    expect([before, after]).to.deep.equal(['--- objects (in force)', '+++ objects (would be)']);
    expect(range).to.equal(`@@ -0,0 +1,${lines.length} @@`);
    for (const line of lines) expect(line).to.match(/^\+\{/);
  });

  it('prints nothing where nothing differs, and changes nothing', async () => {
    await putShopInForce();
    const calls = KEPT_BACKEND.calls.length;
    const target = [...KEPT_BACKEND.target.read()];
    const run = await diffShop(...KEPT);
    expect(run).to.deep.equal({
      exitCode: 0,
      stdout: '',
      stderr: 'nothing differs: kept has in force here what it would have\n',
    });
    expect(KEPT_BACKEND.calls.slice(calls).map(({ method }) => method)).to.deep.equal(['probe']);
    expect([...KEPT_BACKEND.target.read()]).to.deep.equal(target);
  });

  it('shows what differs, with what stands around it', async () => {
    await putShopInForce();
    const [lost] = [...KEPT_BACKEND.target.state().policies.keys()];
    if (lost !== undefined) KEPT_BACKEND.target.lose(lost);
    const { exitCode, stdout } = await diffShop(...KEPT);
    expect(exitCode).to.equal(1);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => /^\+(?!\+\+)/.test(line))).to.have.length(1);
    expect(lines.filter((line) => /^-(?!--)/.test(line))).to.deep.equal([]);
    expect(lines.find((line) => /^\+\{/.test(line))).to.contain(`"key":"${lost}"`);
    expect(lines.filter((line) => line.startsWith(' '))).to.have.length(6);
  });

  it('takes everything from the agent’s configuration, but for what options say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'polyplane-diff-'));
    try {
      const config = join(folder, 'agent.yaml');
      writeFileSync(
        config,
        `apiVersion: polyplane.io/v1alpha1
kind: NodeAgentConfiguration
nodeName: node-1
source: {manifests: [${join(ROOT, 'examples/shop')}]}
backend: kept
`,
      );
      await putShopInForce();
      const module = KEPT.slice(2);
      expect(await polyplaneInProcess(['diff', '--config', config, ...module])).to.include({ exitCode: 0 });
      expect(await polyplaneInProcess(['diff', '--config', config, '--node', 'node-2', ...module])).to.include({
        exitCode: 1,
      });
      const wrong = await polyplaneInProcess(['diff', '--config', config]);
      expect(wrong).to.include({ exitCode: 2, stdout: '' });
      expect(wrong.stderr).to.match(/no backend is named "kept"/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('beside an agent that goes on without some of it', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'polyplane-diff-'));
      cpSync(join(ROOT, 'examples/shop'), join(folder, 'shop'), { recursive: true });
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const diffAgent = (validate: FieldValidation, ...args: readonly string[]): Promise<Run> => {
      const config = join(folder, 'agent.yaml');
      writeFileSync(
        config,
        `apiVersion: polyplane.io/v1alpha1
kind: NodeAgentConfiguration
nodeName: node-1
source: {manifests: [shop], validate: ${validate}}
backend: kept
`,
      );
      return polyplaneInProcess(['diff', '--config', config, ...KEPT.slice(2), ...args]);
    };

    /** As the agent itself does. */
    async function runAgent(validate: FieldValidation): Promise<void> {
      const source = new ManifestSource({ paths: [join(folder, 'shop')], watch: false, validate });
      const container = new Container();
      container.load(coreModule({ nodeName: 'node-1', backend: 'kept', source }), keptModule);
      const agent = container.get(NodeAgent);
      await agent.start();
      await agent.applied();
      await agent.stop('leave');
    }

    const cases = [
      ['strict', '[10.0.0/8]', '', /^warning: .*bad\.yaml:\d+: GlobalNetworkPolicy bad: .*nets/m],
      ['strict', '[10.0.0.0/8]', 'form: 7', /^warning: .*bad\.yaml:\d+: GlobalNetworkPolicy bad: .*form/m],
      ['warn', '[10.0.0.0/8]', 'form: 7', /^warning: .*bad\.yaml:\d+: GlobalNetworkPolicy bad: .*form/m],
    ] as const;
    for (const [validate, nets, field, says] of cases) {
      it(`tells of nets ${nets} ${field} and compares all the same (${validate})`, async () => {
        writeFileSync(
          join(folder, 'shop/bad.yaml'),
          `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: bad}
spec: {selector: all(), order: 7, types: [Ingress], ingress: [{action: Allow, source: {nets: ${nets}}, ${field}}, {action: Pass}]}
`,
        );
        await runAgent(validate);
        const same = await diffAgent(validate);
        expect(same).to.include({ exitCode: 0, stdout: '' });
        expect(same.stderr).to.match(says);
        const [lost] = [...KEPT_BACKEND.target.state().policies.keys()];
        if (lost !== undefined) KEPT_BACKEND.target.lose(lost);
        expect(await diffAgent(validate)).to.include({ exitCode: 1 });
      });
    }

    it('reads fields as the option says before the configuration does', async () => {
      writeFileSync(
        join(folder, 'shop/bad.yaml'),
        'apiVersion: v1\nkind: Namespace\nmetadata: {name: some}\nspec: {finalisers: []}\n',
      );
      await runAgent('strict');
      expect((await diffAgent('strict')).stderr).to.match(/finalisers/);
      expect((await diffAgent('strict', '--validate', 'ignore')).stderr).not.to.match(/finalisers/);
    });

    it('ends with 2 where a file cannot be read: what the agent has of it is not known', async () => {
      writeFileSync(join(folder, 'shop/bad.yaml'), 'kind: [\n');
      expect(await diffAgent('strict')).to.include({ exitCode: 2, stdout: '' });
    });
  });

  it('ends with 2 where it is not said whose dataplane, of what, or where', async () => {
    const cases: readonly (readonly [args: readonly string[], says: RegExp])[] = [
      [['-f', 'examples/shop'], /give --backend, or the agent’s configuration by --config/],
      [
        ['--backend', 'iptables', '--backend-module', './packages/cli/src/testing/kept-backend.ts'],
        /give manifests by -f/,
      ],
      [['-f', 'examples/shop', '--node', 'node-9', ...KEPT], /no node is named node-9/],
      [['-f', 'examples/shop', '--node', 'node-1', '--backend', 'simulator'], /has nothing in force outside/],
      [
        ['-f', 'examples/shop', '--node', 'node-1', '--feature-gates', 'X=true', ...KEPT],
        /no feature gate is named "X"/,
      ],
    ];
    for (const [args, says] of cases) {
      if (args.includes('iptables') && userObstacle !== undefined) continue;
      const run = await polyplaneInProcess(['diff', ...args]);
      expect(run, args.join(' ')).to.include({ exitCode: 2, stdout: '' });
      expect(run.stderr).to.match(says);
    }
  });

  it('ends with 3 in one line where it needs root, or the backend cannot run here', async function () {
    skipIf(this, userObstacle);
    const args = ['diff', '-f', 'examples/shop', '--node', 'node-1', '--backend', 'iptables'];
    const nobody = await polyplane(args, { uid: NOBODY });
    expect(nobody).to.include({ exitCode: 3, stdout: '' });
    expect(nobody.stderr.split('\n')[0]).to.equal(
      'error: polyplane diff needs root: run it with sudo, or in a container that may program the network',
    );
    const vpp = await polyplaneInProcess(['diff', '-f', 'examples/shop', '--node', 'node-1', '--backend', 'vpp']);
    expect(vpp).to.include({ exitCode: 3, stdout: '' });
    expect(vpp.stderr).to.match(/^error: the VPP dataplane cannot be opened: /m);
  });

  describeUnless(readTestbedObstacle(), 'of the kernel', () => {
    let namespace: ScratchNamespace;
    beforeEach(() => {
      namespace = new ScratchNamespace();
    });
    afterEach(() => namespace.remove());

    const inNamespace = (...args: readonly string[]): Promise<Run> =>
      polyplane(args, { networkNamespace: namespace.path });

    it('differs by everything at first and by nothing once it is applied, then by what somebody breaks', async () => {
      const before = readNamespaceNetwork(namespace.path);
      // The examples of the help.
      const [args = [], byConfiguration = []] = EXAMPLES.diff.map((example) => example.split(' ').slice(1));
      const first = await inNamespace(...args);
      expect(await inNamespace(...byConfiguration)).to.deep.equal(first);
      expect(first.exitCode).to.equal(1);
      expect(first.stdout).to.match(/^\+\+\+ iptables-nft filter \(would be\)$/m);
      expect(first.stdout).not.to.match(/^-(?!--)/m);
      expect(readNamespaceNetwork(namespace.path)).to.deep.equal(before);

      const rendered = await inNamespace('render', '-f', 'examples/shop', '--node', 'node-1', '--backend', 'iptables');
      applyRendered(namespace, rendered.stdout);
      const applied = readNamespaceNetwork(namespace.path);
      const none = await inNamespace(...args);
      expect(none.stdout).to.equal('');
      expect(none.exitCode).to.equal(0);

      namespace.run('iptables-nft', '-F', 'FORWARD');
      const broken = await inNamespace(...args);
      expect(broken.exitCode).to.equal(1);
      expect(broken.stdout.split('\n').filter((line) => /^[+-](?!\+\+|--)/.test(line))).to.deep.equal([
        '+-I FORWARD 1 -j POLYPLANE-FORWARD',
      ]);
      namespace.run('iptables-nft', '-I', 'FORWARD', '-j', 'POLYPLANE-FORWARD');
      expect(readNamespaceNetwork(namespace.path)).to.deep.equal(applied);
    });
  });
});

/** Does by hand what the rendered text says. */
function applyRendered(namespace: ScratchNamespace, text: string): void {
  for (const [, command = '', body = ''] of text.matchAll(/^# (.+)\n([\s\S]*?)(?=^# |$(?![\s\S]))/gm)) {
    if (command === 'sysctl') {
      // The record by which the backend knows that it was itself.
      namespace.run('bash', '-c', 'ipset create POLYPLANE-L4-localnet hash:net family inet');
      namespace.run('sysctl', '-qw', body.trim().replaceAll(' ', ''));
    } else if (command === 'ipset restore') namespace.run('bash', '-c', `ipset restore <<'END'\n${body}END\n`);
    else if (/^ip6?tables-restore /.test(command)) {
      // Of connections there is nothing to end.
      const [tool = '', ...args] = command.split(' ');
      namespace.run('bash', '-c', `${tool.replace('tables-', 'tables-nft-')} ${args.join(' ')} <<'END'\n${body}END\n`);
    }
  }
}
