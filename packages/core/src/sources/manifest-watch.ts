/** What a manifest source does while somebody listens: reads, watches, settles, tells. */
import { type FSWatcher, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { asyncScheduler, interval, type SchedulerLike, type Subscription } from 'rxjs';
import { CoreError } from '../core-error';
import type { FieldValidation } from '../resources/field-validation';
import type { ResourceProblem } from '../resources/resource-problem';
import type { LastGoodRecord } from './last-good-record';
import { type FileReading, isUnder, type ManifestFiles, readManifestFiles } from './manifest-files';
import { formatManifestRecord, parseManifestRecord } from './manifest-record';
import type { ManifestSet } from './manifest-set';
import type { SourceBatch } from './source';

/** Which files are read, and whether they are watched. */
export interface ManifestSourceOptions {
  /** Files, and folders that are read recursively for `*.yaml`, `*.yml` and `*.json`. */
  readonly paths: readonly string[];
  /** What becomes of fields that an object's kind does not have. Default `strict`, as kubectl has it. */
  readonly validate?: FieldValidation;
  /** Go on watching; else the source reads once and completes. Default false. */
  readonly watch?: boolean;
  /** A changed file counts when it is found the same twice, this long apart. Default 100. */
  readonly settleMilliseconds?: number;
  /** The files are looked at this often even if the kernel tells of no change. Default 5. */
  readonly pollSeconds?: number;
  /** The clock of both. Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** Keeps what files last said for the next run, for those that cannot be read then. Default: none. */
  readonly record?: LastGoodRecord;
  /** A path under which no object is found from the start is as it should be. Default false. */
  readonly allowEmpty?: boolean;
}

/** Scans the files now, and again whenever something may have changed, and tells what that changes. */
export class ManifestWatch {
  private readonly scheduler: SchedulerLike;
  private readonly settleMilliseconds: number;
  /** By folder; a folder that was replaced by another of its name is watched anew. */
  private readonly watchers = new Map<string, { readonly watcher: FSWatcher; readonly identity: string }>();
  /** Readings found once that differ from what is in force. */
  private readonly unsettled = new Map<string, FileReading | undefined>();
  /** The identity of each folder given when it last held a file. */
  private readonly filledFolders = new Map<string, string>();
  private poll: Subscription | undefined;
  private nextScan: Subscription | undefined;
  private isStopped = false;
  private recordProblems: Subscription | undefined;
  private recordProblem: CoreError | undefined;
  /** Why what the record holds is of no use, until it is written anew. */
  private problemOfEntries: CoreError | undefined;
  /** What the last scan found. */
  private problems: readonly ResourceProblem[] = [];
  /** What the last batch said. */
  private previous: Pick<SourceBatch, 'problems' | 'isInSync'> | undefined;

  constructor(
    private readonly set: ManifestSet,
    private readonly options: ManifestSourceOptions,
    private readonly tell: (batch: SourceBatch) => void,
  ) {
    this.scheduler = options.scheduler ?? asyncScheduler;
    this.settleMilliseconds = options.settleMilliseconds ?? 100;
  }

  start(): void {
    this.openRecord();
    this.scan();
    if (this.options.watch !== true) return;
    const pollMilliseconds = (this.options.pollSeconds ?? 5) * 1000;
    this.poll = interval(pollMilliseconds, this.scheduler).subscribe(() => this.scan());
  }

  stop(): void {
    this.isStopped = true;
    this.poll?.unsubscribe();
    this.nextScan?.unsubscribe();
    this.recordProblems?.unsubscribe();
    for (const folder of [...this.watchers.keys()]) this.unwatch(folder);
  }

  private scan(): void {
    const isFirst = this.previous === undefined;
    const found = readManifestFiles(this.options.paths);
    const unread = this.unreadPaths(found);
    const isTaken = this.takeSettled(found.files, unread, isFirst);
    const changes = isTaken ? this.set.merge() : [];
    const wasInSync = this.previous?.isInSync === true;
    const empty = wasInSync ? [] : this.emptyPaths(unread);
    this.problems = [
      ...this.set.problems(),
      ...[...unread].map(([file, error]) => ({ error, file })),
      ...empty.map((path) => ({ error: emptyPath(path), file: path })),
    ];
    const isInSync = wasInSync || (unread.size === 0 && empty.length === 0 && this.set.isReadWhole);
    this.publish(changes, isInSync);
    // What could not be written is tried again with every look at the files.
    if (isInSync && (isTaken || !wasInSync || this.recordProblem !== undefined)) this.saveRecord();
    // Whoever was told may have stopped this.
    if (this.options.watch !== true || this.isStopped) return;
    this.watchFolders(found);
    // What is broken at the start may be in the middle of being written.
    if (this.unsettled.size > 0 || (isFirst && !isInSync)) this.scanSoon(this.settleMilliseconds);
  }

  private publish(changes: SourceBatch['changes'], isInSync: boolean): void {
    const problems = [...this.problems, ...(this.recordProblem === undefined ? [] : [{ error: this.recordProblem }])];
    const isNews = isInSync !== this.previous?.isInSync || !hasSameErrors(problems, this.previous.problems);
    if (changes.length === 0 && !isNews) return;
    this.previous = { problems, isInSync };
    this.tell({ changes, problems, isInSync });
  }

  private openRecord(): void {
    const { record } = this.options;
    if (record === undefined) return;
    try {
      this.set.restore(parseManifestRecord(record.load()));
    } catch (cause) {
      this.problemOfEntries = new CoreError('PP_RECORD_UNTRUSTED', 'the record of manifest files is of another kind', {
        cause,
      });
    }
    this.recordProblems = record.problem$.subscribe((problem) => {
      this.recordProblem = problem ?? this.problemOfEntries;
      if (this.previous !== undefined) this.publish([], this.previous.isInSync);
    });
  }

  private saveRecord(): void {
    this.problemOfEntries = undefined;
    this.options.record?.save(formatManifestRecord(this.set.goodContents()));
  }

  /**
   * Paths of which nothing is known now: those that cannot be read, and folders given in whose place an empty one stands, as
   * where a file system was unmounted. A folder that is emptied and stays the same is what its owner made of it.
   */
  private unreadPaths({ files, folders, unknown }: ManifestFiles): ReadonlyMap<string, CoreError> {
    const unread = new Map(unknown);
    for (const root of this.set.roots) {
      const identity = folders.get(root);
      if (identity === undefined) continue;
      if ([...files.keys()].some((path) => isUnder(path, root))) this.filledFolders.set(root, identity);
      else if (!this.set.isEmptyUnder(root) && this.filledFolders.get(root) !== identity)
        unread.set(root, emptyPath(root));
    }
    return unread;
  }

  /** Paths given that were read and have not held an object yet, where they should. */
  private emptyPaths(unread: ReadonlyMap<string, CoreError>): readonly string[] {
    if (this.options.allowEmpty === true) return [];
    return this.set.roots.filter((root) => !unread.has(root) && this.set.isEmptyUnder(root));
  }

  /** Takes over every reading that was found the same twice; true when there was one. */
  private takeSettled(
    files: ManifestFiles['files'],
    unread: ReadonlyMap<string, CoreError>,
    isFirst: boolean,
  ): boolean {
    let isTaken = false;
    for (const path of new Set([...files.keys(), ...this.set.paths()])) {
      const reading = files.get(path);
      if (reading === undefined && [...unread.keys()].some((folder) => folder !== path && isUnder(path, folder)))
        continue;
      const isSettled = isFirst || (this.unsettled.has(path) && isSame(reading, this.unsettled.get(path)));
      if (isSame(reading, this.set.readingOf(path))) this.unsettled.delete(path);
      else if (!isSettled) this.unsettled.set(path, reading);
      else {
        this.unsettled.delete(path);
        this.set.take(path, reading);
        isTaken = true;
      }
    }
    return isTaken;
  }

  /** At most one scan is waiting at a time, so that files that never rest keep none of the others waiting. */
  private scanSoon(delayMilliseconds: number): void {
    if (this.nextScan !== undefined) return;
    this.nextScan = this.scheduler.schedule(() => {
      this.nextScan = undefined;
      this.scan();
    }, delayMilliseconds);
  }

  /** Watches the folders there are, and those that files and folders given stand in. */
  private watchFolders({ folders }: ManifestFiles): void {
    const parents = this.options.paths.map((path): [string, string] => [dirname(resolve(path)), 'parent']);
    const wanted = new Map([...parents, ...folders]);
    for (const [folder, { identity }] of this.watchers) if (wanted.get(folder) !== identity) this.unwatch(folder);
    for (const [folder, identity] of wanted) if (!this.watchers.has(folder)) this.watchFolder(folder, identity);
  }

  private watchFolder(folder: string, identity: string): void {
    try {
      const watcher = watch(folder, () => this.scanSoon(0));
      watcher.on('error', () => this.unwatch(folder));
      this.watchers.set(folder, { watcher, identity });
    } catch {
      // No watch to be had (the folder is gone, or the kernel's limit is reached): polling finds the changes.
    }
  }

  private unwatch(folder: string): void {
    this.watchers.get(folder)?.watcher.close();
    this.watchers.delete(folder);
  }
}

function isSame(a: FileReading | undefined, b: FileReading | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if ('text' in a) return 'text' in b && a.text === b.text;
  return 'error' in b && a.error.message === b.error.message;
}

function emptyPath(path: string): CoreError {
  return new CoreError('PP_MANIFEST_EMPTY', `${path}: holds no object that is read; what is in force stays as it is`);
}

function hasSameErrors(a: readonly ResourceProblem[], b: readonly ResourceProblem[]): boolean {
  return a.length === b.length && a.every((problem, index) => problem.error.message === b[index]?.error.message);
}
