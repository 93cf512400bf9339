/** Writes a bundle: a folder, a gzipped tar archive, or that archive on stdout. For its owner's eyes only. */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createTar } from 'nanotar';
import { CliError } from '../cli-error';
import type { BundleFile } from './collect';

/** Names of archives. */
export const ARCHIVE = /\.(tar\.gz|tgz)$/;

/** Where to: what is there already is not touched. */
export interface BundleTarget {
  /** A folder to make, an archive by its name, or `-`. */
  readonly path: string;
  /** The folder within an archive. */
  readonly root: string;
  /** ISO 8601. */
  readonly date: string;
}

/** @throws CliError PP_CLI_OUTPUT_UNWRITABLE; PP_CLI_USAGE when something is there already. Nothing half written is left. */
export async function writeBundle(files: readonly BundleFile[], target: BundleTarget): Promise<void> {
  const { path } = target;
  if (path === '-') process.stdout.write(archive(files, target));
  else if (ARCHIVE.test(path)) writeNew(path, archive(files, target));
  else writeFolder(files, path);
}

function archive(files: readonly BundleFile[], { root, date }: BundleTarget): Uint8Array {
  const mtime = Date.parse(date);
  const attrs = { mtime, uid: 0, gid: 0 };
  const items = files.map(({ name, text }) => ({
    name: `${root}/${name}`,
    data: text,
    attrs: { ...attrs, mode: '600' },
  }));
  const folders = [...new Set(items.map(({ name }) => dirname(name)))];
  const folderItems = folders.map((name) => ({ name: `${name}/`, attrs: { ...attrs, mode: '700' } }));
  return gzipSync(createTar([...folderItems, ...items]));
}

function writeNew(path: string, data: Uint8Array): void {
  const descriptor = attempt(path, () => openSync(path, 'wx', 0o600));
  try {
    attempt(path, () => writeFileSync(descriptor, data));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function writeFolder(files: readonly BundleFile[], path: string): void {
  attempt(path, () => mkdirSync(path, { mode: 0o700 }));
  try {
    for (const { name, text } of files) {
      const file = join(path, name);
      attempt(file, () => {
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
      });
    }
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

function attempt<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') {
      throw new CliError('PP_CLI_USAGE', `${path} is there already; give another --out`, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('PP_CLI_OUTPUT_UNWRITABLE', `${path}: ${reason}`, { cause });
  }
}
