/** A record of what a source last read, in a file that is whole at every moment. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BehaviorSubject, type Observable } from 'rxjs';
import { CoreError } from '../core-error';
import type { LastGoodRecord, RecordEntries } from './last-good-record';
import { digestOf, formatRecord, parseRecord } from './record-format';

/** Far above the manifests of a cluster. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;
const NOBODY_ELSE = 0o600;
/** Writable by the group or by all. */
const OTHERS_WRITE = 0o022;

/**
 * A new version is written beside the old one, brought to the disk, and takes its place at once; a process or a machine that ends in
 * between leaves the old one. Only the owner may read it. A file that others may write, that is another user's, cut off, or of another
 * version is not trusted.
 */
export class FileRecord implements LastGoodRecord {
  readonly problem$: Observable<CoreError | undefined>;

  private readonly problem = new BehaviorSubject<CoreError | undefined>(undefined);
  private waiting: RecordEntries | undefined;
  private writing: Promise<void> | undefined;
  /** Digest of what is on the disk, as far as that is known. */
  private written: string | undefined;

  /** @param path of the file; its folder is made when it is not there */
  constructor(private readonly path: string) {
    this.problem$ = this.problem.asObservable();
  }

  load(): RecordEntries {
    try {
      const record = readTrusted(this.path);
      if (record === undefined) return new Map();
      const entries = parseRecord(record);
      this.written = digestOf(record);
      return entries;
    } catch (cause) {
      this.tell('PP_RECORD_UNTRUSTED', cause);
      return new Map();
    }
  }

  save(entries: RecordEntries): void {
    this.waiting = entries;
    this.writing ??= this.writeAll();
  }

  /** Resolves once everything saved so far is written, or cannot be. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    // Lets everything that comes in at this moment become one version.
    await Promise.resolve();
    for (let entries = this.waiting; entries !== undefined; entries = this.waiting) {
      this.waiting = undefined;
      await this.write(entries);
    }
    this.writing = undefined;
  }

  private async write(entries: RecordEntries): Promise<void> {
    try {
      const record = formatRecord(entries);
      const digest = digestOf(record);
      if (digest !== this.written) await replaceFile(this.path, record);
      this.written = digest;
      if (this.problem.value !== undefined) this.problem.next(undefined);
    } catch (cause) {
      this.written = undefined;
      this.tell('PP_RECORD_UNWRITABLE', cause);
    }
  }

  private tell(code: 'PP_RECORD_UNTRUSTED' | 'PP_RECORD_UNWRITABLE', cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${this.path}: ${reason}`;
    if (this.problem.value?.message !== message) this.problem.next(new CoreError(code, message, { cause }));
  }
}

/** Undefined when there is none. */
function readTrusted(path: string): string | undefined {
  const file = openForReading(path);
  if (file === undefined) return undefined;
  try {
    const { size, mode, uid } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error('it is no regular file');
    if (uid !== 0 && uid !== process.geteuid?.()) throw new Error(`it belongs to the user ${uid}`);
    if ((mode & OTHERS_WRITE) !== 0) throw new Error('others may write it');
    refuseLength(size);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number | undefined {
  try {
    // Neither follows a link nor waits for the other end of a pipe.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  refuseLength(Buffer.byteLength(text));
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${path}.new`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  await using(await open(unfinished, flags, NOBODY_ELSE), async (file) => {
    // One that an earlier run left has the mode that it had.
    await file.chmod(NOBODY_ELSE);
    await file.writeFile(text);
    await file.sync();
  });
  await rename(unfinished, path);
  await using(await open(folder, 'r'), (handle) => handle.sync());
}

async function using(handle: FileHandle, action: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await action(handle);
  } finally {
    await handle.close();
  }
}

function refuseLength(bytes: number): void {
  if (bytes > MAX_RECORD_BYTES) throw new Error(`longer than ${MAX_RECORD_BYTES} bytes`);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
