import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { polyplaneInProcess } from './testing/polyplane-in-process';

/** A mistake, what it is answered with on stderr, and the line that says what to do about it. */
interface Mistake {
  readonly what: string;
  readonly args: readonly string[];
  readonly exitCode?: number;
  readonly says: RegExp;
  readonly remedy: RegExp;
}

const SHOP = ['-f', 'examples/shop', '--node', 'node-1'];
const PACKET = ['--from', 'host', '--to', '10.0.0.1:80'];

describe('A mistake of a person', function () {
  this.timeout(30_000);

  const folder = mkdtempSync(join(tmpdir(), 'polyplane-mistakes-'));
  const broken = join(folder, 'broken.yaml');
  const unknownKind = join(folder, 'kind.yaml');
  const empty = join(folder, 'empty');
  before(() => {
    mkdirSync(empty);
    writeFileSync(broken, 'a: [');
    writeFileSync(unknownKind, 'apiVersion: projectcalico.org/v3\nkind: Frob\nmetadata: {name: x}\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  const mistakes: readonly Mistake[] = [
    {
      what: 'a wrong path',
      args: ['trace', '-f', join(folder, 'none.yaml'), '--node', 'node-1', ...PACKET],
      says: /none\.yaml: ENOENT/,
      remedy: /Check that the path exists/,
    },
    {
      what: 'broken YAML',
      args: ['trace', '-f', broken, '--node', 'node-1', ...PACKET],
      says: /broken\.yaml:1: /,
      remedy: /Correct the file at the line/,
    },
    {
      what: 'a kind that nobody knows',
      args: ['trace', '-f', unknownKind, '--node', 'node-1', ...PACKET],
      says: /kind\.yaml:2: Frob x: kind "Frob" of "projectcalico\.org\/v3" is not read/,
      remedy: /add the Node object/,
    },
    {
      what: 'an empty folder',
      args: ['check', '-f', empty],
      says: /there is no object to check/,
      remedy: /Give files or folders \(\*\.yaml, \*\.yml, \*\.json\)/,
    },
    {
      what: 'nothing but broken YAML',
      args: ['check', '-f', broken],
      says: /broken\.yaml:1: [\s\S]*there is no object to check/,
      remedy: /Correct what each line above names/,
    },
    {
      what: 'a node that is not there',
      args: ['trace', '-f', 'examples/shop', '--node', 'node-9', ...PACKET],
      says: /no node is named node-9; near: node-1, node-2, node-3/,
      remedy: /Use one of the names/,
    },
    {
      what: 'a pod that is not there',
      args: ['trace', ...SHOP, '--from', 'pod:web/fronten', '--to', '10.0.0.1:80'],
      says: /no pod is named web\/fronten; near: shop-web\/frontend-1/,
      remedy: /Use one of the names/,
    },
    {
      what: 'a destination without a port',
      args: ['trace', ...SHOP, '--from', 'host', '--to', '10.0.0.1'],
      says: /the port is missing/,
      remedy: /--help shows/,
    },
    {
      what: 'a misspelled option',
      args: ['codes', '--outptu', 'json'],
      says: /unknown option '--outptu'/,
      remedy: /--help shows/,
    },
    { what: 'a misspelled command', args: ['tracee'], says: /unknown command 'tracee'/, remedy: /Did you mean trace/ },
    {
      what: 'a command that would steer the terminal',
      args: ['\u001b[2Jtrace'],
      says: /unknown command '\uFFFD\[2Jtrace'/,
      remedy: /--help shows/,
    },
    { what: 'nothing to check', args: ['check'], says: /give manifests by -f/, remedy: /--help shows/ },
    {
      what: 'a backend that nobody has',
      args: ['render', ...SHOP, '--backend', 'iptable'],
      says: /no backend is named "iptable"; there is simulator, iptables/,
      remedy: /Use one of the names/,
    },
    { what: 'a code that nobody has', args: ['codes', 'NOPE'], says: /no code is named NOPE/, remedy: /lists all/ },
    {
      what: 'a configuration that is not there',
      args: ['run', '--config', join(folder, 'none.yaml')],
      says: /none\.yaml: ENOENT/,
      remedy: /--config names a file/,
    },
    {
      what: 'a suite that is not there',
      args: ['test', 'nope'],
      says: /nope is no path and no bundled suite/,
      remedy: /Give a suite file/,
    },
    {
      what: 'an agent that does not run',
      args: ['status', '--address', '127.0.0.1:9'],
      exitCode: 3,
      says: /no node agent answers at 127\.0\.0\.1:9/,
      remedy: /Check that the agent runs/,
    },
  ];

  for (const { what, args, exitCode = 2, says, remedy } of mistakes) {
    it(`is answered with what to do: ${what}`, async () => {
      const run = await polyplaneInProcess(args);
      expect(run.exitCode).to.equal(exitCode);
      expect(run.stderr)
        .to.match(says)
        .and.match(remedy)
        .and.not.match(/\n {4}at /);
      expect(run.stdout).to.equal('');
    });
  }
});
