import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { readTestbedObstacle, type SuitesReport, skipIf } from '@polyplane/conformance';
import { polyplaneInProcess } from '../testing/polyplane-in-process';
import { PROCESS_TIMEOUT_MILLISECONDS, polyplane, start, userObstacle } from '../testing/polyplane-process';

const SHOP = 'examples/shop.suite.yaml';
const ANYBODY = 65534;

describe('polyplane test', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The shop's suite with a probe that expects the wrong thing. */
  function writeFailingSuite(): string {
    const file = join(folder, 'failing.yaml');
    writeFileSync(
      file,
      `id: wrong\nnode: n1\nmanifests:
- {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 172.30.0.1}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: p, namespace: d}, spec: {nodeName: n1, containers: []}, status: {podIP: 10.0.0.1}}
- {apiVersion: v1, kind: Pod, metadata: {name: q, namespace: d}, spec: {nodeName: n1, containers: []}, status: {podIP: 10.0.0.2}}
probes:
- {name: p to q, from: {pod: d/p}, to: {pod: d/q, port: 80}, expect: {verdict: deny}}
`,
    );
    return file;
  }

  it('runs suites by path and by name, a row each, and closes with the line that scripts rely on', async () => {
    const { exitCode, stdout, stderr } = await polyplaneInProcess(['test', SHOP, 'e2e-netpol']);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/^ +SUITE +BACKEND +PASSED +FAILED +SKIPPED$/m);
    expect(stdout).to.match(/^✓ +shop +simulator +16 +0 +0$/m);
    expect(stdout).to.match(/^✓ +default-deny-all +simulator +72 +0 +0$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).to.match(/^1384 passed, 0 failed, 0 skipped$/);
  });

  it('runs again at each change, also after a broken one, until it is interrupted', async () => {
    const file = join(folder, 'watched', 'smallest.suite.yaml');
    mkdirSync(dirname(file));
    const suite = readFileSync('examples/smallest.suite.yaml', 'utf8');
    writeFileSync(file, suite);
    const child = start(['test', file, '--watch']);
    const output = { text: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
    const sees = async (pattern: RegExp): Promise<void> => {
      while (!pattern.test(output.text)) await setTimeout(20);
      output.text = '';
    };
    try {
      await sees(/3 passed, 0 failed[\s\S]*Waiting/);
      writeFileSync(file, 'id: [');
      await sees(/smallest\.suite\.yaml:1[\s\S]*Waiting/);
      writeFileSync(file, suite.replace('verdict: allow', 'verdict: deny'));
      await sees(/2 passed, 1 failed[\s\S]*Waiting/);
    } finally {
      child.kill('SIGINT');
    }
    expect(await once(child, 'close')).to.deep.equal([1, null]);
  });

  it('ends with 1 when a probe fails, and says what was expected', async () => {
    const { exitCode, stdout, stderr } = await polyplaneInProcess(['test', writeFailingSuite()]);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 1, stderr: '' });
    expect(stdout).to.match(/^FAIL wrong: p to q\n {2}expected: deny\n {2}got: {6}allow/m);
    expect(stdout).to.match(/\n0 passed, 1 failed, 0 skipped\n$/);
  });

  it('prints JSON with nothing beside it on stdout', async () => {
    const { exitCode, stdout, stderr } = await polyplaneInProcess(['test', writeFailingSuite(), '-o', 'json']);
    expect(exitCode).to.equal(1);
    const report = JSON.parse(stdout) as SuitesReport;
    expect(report).to.include({ passed: 0, failed: 1, skipped: 0 });
    expect(report.suites[0]).to.include({ id: 'wrong', backend: 'simulator' });
    expect(report.suites[0]?.probes[0]).to.include({ name: 'p to q', result: 'fail', expected: 'deny' });
    expect(stderr).to.equal('0 passed, 1 failed, 0 skipped\n');
  });

  it('prints JUnit XML', async () => {
    const { stdout } = await polyplaneInProcess(['test', writeFailingSuite(), '-o', 'junit']);
    expect(stdout).to.match(/^<\?xml /);
    expect(stdout).to.include('<testsuite name="wrong" tests="1" failures="1" errors="0" skipped="0" ');
  });

  it('sends real packets when told to', async function () {
    skipIf(this, readTestbedObstacle());
    const { exitCode, stdout, stderr } = await polyplane(['test', SHOP, '--backend', 'iptables']);
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    expect(stdout).to.match(/^✓ +shop +iptables +16 +0 +0$/m);
  });

  it('ends with 3 without root, and says what to do', async function () {
    skipIf(this, userObstacle);
    const { exitCode, stdout, stderr } = await polyplane(['test', SHOP, '--backend', 'iptables'], { uid: ANYBODY });
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 3, stdout: '' });
    expect(stderr).to.match(/root/);
    expect(stderr).to.match(/\(PP_TESTBED_UNSUPPORTED\)$/m);
    expect(stderr).not.to.match(/^\s+at /m);
  });

  it('ends with 3 for a backend that cannot run yet, and says so', async () => {
    const { exitCode, stderr } = await polyplaneInProcess(['test', SHOP, '--backend', 'vpp']);
    expect(exitCode).to.equal(3);
    expect(stderr).not.to.match(/^\s+at /m);
  });

  describe('ends with 2', () => {
    it('for a suite that is neither path nor name, naming near ones', async () => {
      const { exitCode, stdout, stderr } = await polyplaneInProcess(['test', 'e2e-netpo']);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
      expect(stderr).to.match(/^error: e2e-netpo is no path and no bundled suite; near: e2e-netpol$/m);
    });

    it('for suites that are wrong, with file, line and field of each, and runs none', async () => {
      const broken = join(folder, 'broken.yaml');
      writeFileSync(broken, 'id: a\nmanifests: [\n');
      const wrong = join(folder, 'wrong.yaml');
      writeFileSync(
        wrong,
        'id: b\nmanifests: []\nprobes:\n- from: {pod: d/p}\n  to: {pod: d/q, port: 70000}\n  expect: {verdict: deny}\n',
      );
      const { exitCode, stdout, stderr } = await polyplaneInProcess(['test', SHOP, broken, wrong]);
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
      expect(stderr).to.match(/^error: .*broken\.yaml:[23]: /m);
      expect(stderr).to.match(/^error: .*wrong\.yaml:5: .*probes\[0\]\.to\.port/m);
    });

    it('for a folder without suites', async () => {
      const empty = join(folder, 'empty');
      mkdirSync(empty);
      const { exitCode, stderr } = await polyplaneInProcess(['test', empty]);
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/^error: there is no suite in .*\/empty$/m);
    });

    it('for a backend that nobody has', async () => {
      const { exitCode, stderr } = await polyplaneInProcess(['test', SHOP, '--backend', 'iptable']);
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(/no backend is named "iptable"; there is .*iptables/);
    });
  });
});
