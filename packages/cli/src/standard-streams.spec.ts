import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { skipIf } from '@polyplane/conformance';
import {
  NODE_ARGUMENTS,
  PROCESS_TIMEOUT_MILLISECONDS,
  polyplane,
  ROOT,
  start,
  userObstacle,
} from './testing/polyplane-process';

const UNSUPPORTED = ['check', '-f', 'examples/limits/vpp-session-affinity.yaml', '--backend', 'vpp', '-o', 'json'];
const FULL = /^error: stdout: ENOSPC: no space left on device, write \(PP_CLI_OUTPUT_UNWRITABLE\)\n$/;

describe('stdout that takes no more', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'polyplane-streams-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('ends the command with 70 and one line where the disk is full', async () => {
    const full = openSync('/dev/full', 'w');
    try {
      const { exitCode, stderr } = await polyplane(UNSUPPORTED, { stdout: full });
      expect(exitCode).to.equal(70);
      expect(stderr).to.match(FULL);
    } finally {
      closeSync(full);
    }
  });

  it('does the same where the disk takes a part of the answer', function () {
    skipIf(this, userObstacle);
    const command = [
      process.execPath,
      ...NODE_ARGUMENTS,
      join(ROOT, 'packages/cli/src/main.ts'),
      'codes',
      '-o',
      'json',
    ];
    // In a mount namespace of its own, which goes with the process.
    const script =
      'mount -t tmpfs -o size=16k none "$1" && cd "$2" && shift 2 && "$@" > "$0/x"; code=$?; cat "$0/x" | wc -c; exit $code';
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['-m', 'sh', '-c', script, folder, folder, ROOT, ...command],
      { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined } },
    );
    expect(stderr).to.match(FULL);
    expect(status).to.equal(70);
    expect(Number(stdout)).to.be.within(1, 16_384);
  });

  it('is no error where a reader has enough: the exit code is the answer’s', async () => {
    const child = start(['codes', '-o', 'json']);
    child.stdin?.end();
    const errors: Buffer[] = [];
    child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
    child.stdout?.destroy();
    expect(await once(child, 'close')).to.deep.equal([0, null]);
    expect(Buffer.concat(errors).toString()).to.equal('');

    const unsupported = start(UNSUPPORTED);
    unsupported.stdin?.end();
    unsupported.stdout?.destroy();
    expect(await once(unsupported, 'close')).to.deep.equal([1, null]);
  });

  it('of a file is written whole, after what stands there', async () => {
    const file = join(folder, 'report.json');
    const report = openSync(file, 'w');
    try {
      const options = { stdout: report, environment: { SOURCE_DATE_EPOCH: '0' } };
      expect((await polyplane(UNSUPPORTED, options)).exitCode).to.equal(1);
      const length = statSync(file).size;
      expect((await polyplane(UNSUPPORTED, options)).exitCode).to.equal(1);
      const text = readFileSync(file, 'utf8');
      expect(text.slice(length)).to.equal(text.slice(0, length));
      expect(JSON.parse(text.slice(0, length))).to.have.property('backends');
    } finally {
      closeSync(report);
    }
  });
});

describe('stderr that takes no more', function () {
  this.timeout(PROCESS_TIMEOUT_MILLISECONDS);

  it('keeps nothing of the answer back', async () => {
    const child = start(['check', '-f', 'no-such-folder', 'examples/shop', '--backend', 'iptables', '-o', 'json']);
    child.stdin?.end();
    child.stderr?.destroy();
    const parts: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => parts.push(chunk));
    expect(await once(child, 'close')).to.deep.equal([2, null]);
    expect(JSON.parse(Buffer.concat(parts).toString())).to.have.property('backends');
  });
});
