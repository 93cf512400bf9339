/** A package as npm would upload it, and what publint and Are the Types Wrong say of it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Exports } from './published-manifest';
import type { StagedPackage } from './stage';

const BIN = join(__dirname, '..', '..', 'node_modules/.bin');

/** What every package holds, whatever its `files` say. */
const OWED = ['README.md', 'LICENSE', 'package.json'];

/** Packs into a folder and gives the tarball's path. */
export function packTarball({ folder, manifest }: StagedPackage, into: string): string {
  const report = execFileSync('npm', ['pack', '--json', '--pack-destination', into], {
    cwd: folder,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  const [packed] = JSON.parse(report) as readonly PackReport[];
  if (packed === undefined) throw new Error(`npm packed nothing of ${manifest.name}`);
  refuseContent(packed);
  return join(into, packed.filename);
}

/** @throws Error with the tool's own report when it has anything to say */
export function judgeTarball(tarball: string, { manifest }: StagedPackage): void {
  execFileSync(join(BIN, 'publint'), ['run', tarball, '--strict'], { stdio: 'pipe' });
  const entries = typedEntries(manifest.exports);
  if (entries.length === 0) return;
  // What reads no `exports` (TypeScript's node10) cannot load inversify either, which the packages' own types speak of.
  execFileSync(join(BIN, 'attw'), [tarball, '--profile', 'node16', '--entrypoints', ...entries], { stdio: 'pipe' });
}

interface PackReport {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function refuseContent({ name, files }: PackReport): void {
  const paths = files.map(({ path }) => path);
  const missing = OWED.filter((path) => !paths.includes(path));
  const stray = paths.filter((path) => /\.spec\.|\.tsbuildinfo$|(?<!\.d)\.ts$/.test(path));
  if (missing.length > 0) throw new Error(`${name} lacks ${missing.join(', ')}`);
  if (stray.length > 0) throw new Error(`${name} holds what no user needs: ${stray.join(', ')}`);
}

/** The entries that can be imported: all but those that name a file, such as `./package.json`. */
function typedEntries(exports: Exports): readonly string[] {
  if (typeof exports === 'string') return [];
  return Object.entries(exports).flatMap(([path, target]) => (typeof target === 'string' ? [] : [path]));
}
