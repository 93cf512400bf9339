/** Reads the manifest files under some paths as they are at this moment. */
import { type Dirent, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { CoreError } from '../core-error';

/** A file's text, or why it has none. */
export type FileReading = { readonly text: string } | { readonly error: CoreError };

/** What stood under the paths. All paths are absolute. */
export interface ManifestFiles {
  readonly files: ReadonlyMap<string, FileReading>;
  /** Every folder that was listed, with an identity that another folder of the same path does not have. */
  readonly folders: ReadonlyMap<string, string>;
  /** Paths given that are not there, and folders that cannot be listed: nothing is known of what is under them. */
  readonly unknown: ReadonlyMap<string, CoreError>;
}

const EXTENSION = /\.(?:ya?ml|json)$/i;
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Reads files as given, and folders recursively for `*.yaml`, `*.yml` and `*.json`. Names that begin with a dot are passed over
 * (the kubelet keeps the versions of a mounted ConfigMap under such). Symbolic links are followed, each folder is listed once.
 */
export function readManifestFiles(paths: readonly string[]): ManifestFiles {
  const reader = new ManifestFileReader();
  for (const path of paths) reader.readPath(resolve(path));
  return reader;
}

/** True when `path` is `folder` or lies under it. */
export function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

class ManifestFileReader implements ManifestFiles {
  readonly files = new Map<string, FileReading>();
  readonly folders = new Map<string, string>();
  readonly unknown = new Map<string, CoreError>();

  private readonly listed = new Set<string>();

  readPath(path: string): void {
    try {
      const stats = statSync(path);
      if (stats.isDirectory()) this.readFolder(path, stats);
      else this.readFile(path, stats);
    } catch (error) {
      this.unknown.set(path, unreadable(path, error));
    }
  }

  private readFolder(path: string, stats: Stats): void {
    const identity = `${stats.dev}:${stats.ino}`;
    if (this.listed.has(identity)) return;
    this.listed.add(identity);
    let entries: readonly Dirent[];
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch (error) {
      if (!isAbsent(error)) this.unknown.set(path, unreadable(path, error));
      return;
    }
    this.folders.set(path, identity);
    for (const entry of entries) if (!entry.name.startsWith('.')) this.readEntry(join(path, entry.name), entry);
  }

  private readEntry(path: string, entry: Dirent): void {
    const isManifest = EXTENSION.test(entry.name);
    if (!isManifest && !entry.isDirectory() && !entry.isSymbolicLink()) return;
    try {
      const stats = statSync(path);
      if (stats.isDirectory()) this.readFolder(path, stats);
      else if (isManifest) this.readFile(path, stats);
    } catch (error) {
      // Gone since it was listed, or a link to nothing: not there.
      if (isManifest && !isAbsent(error)) this.files.set(path, { error: unreadable(path, error) });
    }
  }

  private readFile(path: string, stats: Stats): void {
    if (this.files.has(path)) return;
    // A pipe or a device would block the reader.
    if (!stats.isFile()) this.files.set(path, { error: unreadable(path, new Error('not a regular file')) });
    else if (stats.size > MAX_FILE_BYTES) {
      this.files.set(path, { error: unreadable(path, new Error(`longer than ${MAX_FILE_BYTES} bytes`)) });
    } else this.readText(path);
  }

  private readText(path: string): void {
    try {
      this.files.set(path, { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)) });
    } catch (error) {
      if (isAbsent(error)) return;
      const isText = !(error instanceof TypeError);
      const fault = isText ? unreadable(path, error) : new CoreError('PP_MANIFEST_SYNTAX', `${path}: not UTF-8 text`);
      this.files.set(path, { error: fault });
    }
  }
}

function unreadable(path: string, cause: unknown): CoreError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CoreError('PP_MANIFEST_UNREADABLE', `${path}: ${reason}`, { cause });
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP';
}
