/** An empty project with the packages installed, and what a user does in it. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--strict-peer-deps'];
  execFileSync('npm', ['install', ...options, ...tarballs, ...BROUGHT_BY_USER], { cwd: project, stdio: 'pipe' });
  cpSync(join(__dirname, 'consumer'), project, { recursive: true });
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
    const closingLine = run(project, 'npx', '--no-install', 'polyplane', 'test', 'e2e-netpol')
      .trim()
      .split('\n')
      .at(-1);
    match(closingLine ?? '', /^[1-9][0-9]* passed, 0 failed, 0 skipped$/);
  },
};

const AGENT = { services: 1, endpoints: 3, policies: 1, problems: 0, backend: 'simulator' };

function run(project: string, command: string, ...args: readonly string[]): string {
  // What the caller's Node was told is not what a user's is.
  const { NODE_OPTIONS: _, ...env } = process.env;
  return execFileSync(command, args, { cwd: project, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function readAnswer(output: string): unknown {
  return JSON.parse(output);
}
