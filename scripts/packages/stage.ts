/**
 * Lays out in release/ what each package publishes: compiled afresh, with its published package.json, README, LICENSE and changes.
 * `npm run stage`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Exports, type Manifest, publishedManifest } from './published-manifest';

const ROOT = join(__dirname, '..', '..');
const RELEASE = join(ROOT, 'release');

/** For maintainers; everything else in docs/ is for users. */
const MAINTAINERS_PAGES: ReadonlySet<string> = new Set(['releasing.md']);

export interface StagedPackage {
  readonly manifest: Manifest;
  /** A folder that holds what is published, and only that. */
  readonly folder: string;
}

export function stagePackages(): readonly StagedPackage[] {
  rmSync(RELEASE, { recursive: true, force: true });
  compile('-b');
  return readdirSync(join(ROOT, 'packages')).map(stagePackage);
}

function stagePackage(name: string): StagedPackage {
  const source = join(ROOT, 'packages', name);
  const folder = join(RELEASE, name);
  const manifest = publishedManifest(readManifest(source));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const entry of manifest.files) stageEntry(entry, name, folder, manifest);
  cpSync(join(source, 'README.md'), join(folder, 'README.md'));
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  if (existsSync(join(source, 'CHANGELOG.md'))) cpSync(join(source, 'CHANGELOG.md'), join(folder, 'CHANGELOG.md'));
  return { manifest, folder };
}

function stageEntry(entry: string, name: string, folder: string, manifest: Manifest): void {
  if (entry === 'dist') stageCompiled(name, folder, hasTypes(manifest.exports));
  else if (entry === 'docs') stagePages(folder);
  else cpSync(join(ROOT, 'packages', name, entry), join(folder, entry), { recursive: true });
}

/** Not a copy of dist/, which keeps what was compiled from files that are gone. The maps carry the sources, which are not there. */
function stageCompiled(name: string, folder: string, isTyped: boolean): void {
  const once = ['--composite', 'false', '--incremental', 'false', '--tsBuildInfoFile', 'null'];
  const outputs = ['--inlineSources', '--declarationMap', 'false', '--declaration', String(isTyped)];
  compile('-p', join('packages', name), '--outDir', join(folder, 'dist'), ...once, ...outputs);
}

function stagePages(folder: string): void {
  mkdirSync(join(folder, 'docs'));
  for (const [page, text] of publishedPages()) writeFileSync(join(folder, 'docs', page), text);
}

/** The pages of docs/ for users, by name, without the lines that lead to those for maintainers. */
export function publishedPages(): ReadonlyMap<string, string> {
  const pages = readdirSync(join(ROOT, 'docs')).filter((page) => page.endsWith('.md') && !MAINTAINERS_PAGES.has(page));
  return new Map(pages.map((page) => [page, withoutMaintainersLines(readFileSync(join(ROOT, 'docs', page), 'utf8'))]));
}

function withoutMaintainersLines(text: string): string {
  const isForUsers = (line: string): boolean => ![...MAINTAINERS_PAGES].some((page) => line.includes(`](${page})`));
  return text.split('\n').filter(isForUsers).join('\n');
}

function compile(...args: readonly string[]): void {
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: ROOT, stdio: 'inherit' });
}

/** Whether there is anything to import, and so to type. */
function hasTypes(exports: Exports): boolean {
  return typeof exports === 'string' ? exports.endsWith('.d.ts') : Object.values(exports).some(hasTypes);
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

if (require.main === module) {
  for (const { manifest, folder } of stagePackages()) console.log(`${manifest.name}@${manifest.version} in ${folder}`);
}
