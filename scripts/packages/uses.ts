/** An empty project with the packages installed, and what a user does in it. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
/** What the packages leave to their user: their peers, the types of Node, and the oldest compiler that takes the declarations. */
const BROUGHT_BY_USER = ['inversify@8.2', 'reflect-metadata@0.2', 'rxjs@7.8', '@types/node@20', 'typescript@5.8'];

/** The oldest compiler, in the project; the classic one and the native one of today, in this repository. */
const compilersOf = (project: string): readonly string[] => [
  join(project, 'node_modules/typescript/bin/tsc'),
  join(ROOT, 'node_modules/typescript/bin/tsc6'),
  join(ROOT, 'node_modules/@typescript/native/bin/tsc'),
];

/** The ways to find modules that know the packages' doors and that CommonJS may require ECMAScript modules. */
const RESOLUTIONS = [
  ['--module', 'nodenext', '--moduleResolution', 'nodenext'],
  ['--module', 'esnext', '--moduleResolution', 'bundler', '--noEmit'],
];

export function installInEmptyProject(tarballs: readonly string[], project: string): void {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private": true}\n');
  npmInstall(project, ...tarballs, ...BROUGHT_BY_USER);
  cpSync(join(__dirname, 'consumer'), project, { recursive: true });
}

/** A project of a third party beside the user's, with copies of its own of what they have in common. */
export function installThirdParty(tarballs: readonly string[], project: string): void {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private": true}\n');
  const core = tarballs.filter((path) => /polyplane-core-/.test(path));
  npmInstall(project, ...core, ...BROUGHT_BY_USER);
  cpSync(join(__dirname, 'third-party'), project, { recursive: true });
}

/** The command as `npm install --global` installs it, under a prefix of its own. */
export function installGlobally(tarballs: readonly string[], prefix: string): void {
  mkdirSync(prefix);
  npmInstall(prefix, '--global', '--prefix', prefix, ...tarballs);
}

function npmInstall(cwd: string, ...args: readonly string[]): void {
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--strict-peer-deps'];
  execFileSync('npm', ['install', ...options, ...args], { cwd, stdio: 'pipe' });
}

/** Each way to use the packages, by its name; throws where it does not do what it should. */
export const USES: Readonly<Record<string, (project: string, version: string) => void>> = {
  'an ECMAScript module runs a node agent': (project) => {
    deepEqual(readAnswer(run(project, 'node', 'agent.mjs')), AGENT);
  },
  "a project that sets this repository's own condition for its sources gets what is published": (project) => {
    deepEqual(readAnswer(run(project, 'node', '--conditions=@polyplane/source', 'agent.mjs')), AGENT);
  },
  'a CommonJS file runs a bundled suite': (project) => {
    const expected = { hasPassed: true, failed: 0, skipped: 0, problems: 0 };
    deepEqual(readAnswer(run(project, 'node', 'suites.cjs')), expected);
  },
  'strict TypeScript compiles, with every declaration checked, and runs': (project) => {
    for (const compiler of compilersOf(project)) {
      for (const resolution of RESOLUTIONS) run(project, 'node', compiler, ...resolution);
    }
    deepEqual(readAnswer(run(project, 'node', 'verdicts.js')), {
      verdicts: { web: 'allow', batch: 'deny' },
      backends: ['iptables', 'ebpf', 'vpp'],
      hasLimits: true,
      behaviours: 'object',
      kit: 'function',
      fake: 'function',
    });
  },
  'npx finds the command, which knows its version and its codes': (project, version) => {
    equal(run(project, 'npx', '--no-install', 'polyplane', '--version').trim(), version);
    match(run(project, 'npx', '--no-install', 'polyplane', 'codes'), /PP_OBJECT_INVALID/);
  },
  'the command runs a bundled suite by its name': (project) => {
    useSuite(['npx', '--no-install', 'polyplane'], project);
  },
};

/** A suite that comes along, by its name; throws where not all of it passes. */
export function useSuite([file, ...first]: readonly [string, ...string[]], project: string): void {
  const closingLine = run(project, file, ...first, 'test', 'e2e-netpol')
    .trim()
    .split('\n')
    .at(-1);
  match(closingLine ?? '', /^[1-9][0-9]* passed, 0 failed, 0 skipped$/);
}

/** What the command does with a third party's backend, from a project or installed globally; throws where it does not. */
export function useThirdParty(command: readonly [string, ...string[]], project: string, module: string): void {
  const [file, ...first] = command;
  const cluster = join(project, 'cluster.yaml');
  const checked = runToEnd(project, file, ...first, 'check', '-f', cluster, '--backend-module', module, '-o', 'json');
  match(checked.stdout, /"name": ?"third-party"/);
  writeFileSync(
    join(project, 'agent.yaml'),
    `apiVersion: polyplane.io/v1alpha1
kind: NodeAgentConfiguration
nodeName: node-1
source: {manifests: [cluster.yaml]}
backend: unusable
stateDirectory: state
healthAddress: 127.0.0.1:0
metricsAddress: 127.0.0.1:0
`,
  );
  // The error is one of the third party's copy, and is told as one of ours.
  const ran = runToEnd(project, file, ...first, 'run', '--config', 'agent.yaml', '--backend-module', module);
  equal(ran.status, 3, ran.stderr);
  match(ran.stderr, /error: backend unusable cannot run here: a dataplane \(Look for one\.\)/);
}

function runToEnd(cwd: string, file: string, ...args: readonly string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawnSync(file, args, { cwd, env, encoding: 'utf8' });
}

const AGENT = { services: 1, endpoints: 3, policies: 1, problems: 0, backend: 'simulator' };

function run(project: string, command: string, ...args: readonly string[]): string {
  // What the caller's Node was told is not what a user's is.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return execFileSync(command, args, { cwd: project, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function readAnswer(output: string): unknown {
  return JSON.parse(output);
}
