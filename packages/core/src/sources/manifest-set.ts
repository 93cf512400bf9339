/** The resources that a set of manifest files defines, where each file's last good content counts. */
import { isDeepStrictEqual } from 'node:util';
import { CoreError, type CoreErrorCode } from '../core-error';
import type { FieldValidation } from '../resources/field-validation';
import { duplicateProblem, type LoadedManifests, type LoadedResource, loadManifests } from '../resources/load';
import { resourceKindOf } from '../resources/parse';
import { keyOfResource, type ResourceKey, resourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';
import type { ObjectRef } from '../state';
import { type FileReading, isUnder } from './manifest-files';

interface FileContent {
  /** What the file was when it was last taken over, good or not. */
  readonly reading: FileReading;
  /** The last text that counted as whole; absent: there was none yet. */
  readonly goodText?: string;
  /** What counts of the file. */
  readonly resources: ReadonlyMap<ResourceKey, LoadedResource>;
  /** Its objects as they last stood well: what counts, unless of an object that is faulty now the rest counts and its faults close. */
  readonly sound: ReadonlyMap<ResourceKey, LoadedResource>;
  /** The text of the file in which an object last stood well, for those that do not stand well in `goodText`. */
  readonly formerTexts: ReadonlyMap<ResourceKey, string>;
  readonly problems: readonly ResourceProblem[];
}

/** What of a file has to be known to go on from it: the part of its content that does not follow from the rest. */
export type GoodContent = Required<Pick<FileContent, 'goodText' | 'formerTexts'>>;

/**
 * Files by path, and what they define together. A file that is unreadable, empty, cut off or no YAML keeps what it defined
 * before; so does an object that has become faulty. An object defined in several files is taken from the last in path order.
 */
export class ManifestSet {
  private readonly files = new Map<string, FileContent>();
  /** What files said in an earlier run, by path; for files that have not been taken since. */
  private recorded: ReadonlyMap<string, GoodContent> = new Map();
  private winners: ReadonlyMap<ResourceKey, LoadedResource> = new Map();
  private duplicates: readonly ResourceProblem[] = [];

  /**
   * @param roots the absolute paths under which the files stand; files under a later one come later
   * @param validation what becomes of fields that an object's kind does not have
   */
  constructor(
    readonly roots: readonly string[],
    private readonly validation: FieldValidation,
  ) {}

  /** No file is without a good content. */
  get isReadWhole(): boolean {
    return [...this.files.values()].every(({ goodText }) => goodText !== undefined);
  }

  /** All files under this root were read, and none of them defines an object. */
  isEmptyUnder(root: string): boolean {
    return [...this.files].every(
      ([path, { resources, goodText }]) => !isUnder(path, root) || (resources.size === 0 && goodText !== undefined),
    );
  }

  paths(): Iterable<string> {
    return this.files.keys();
  }

  /** The reading that was last taken over. */
  readingOf(path: string): FileReading | undefined {
    return this.files.get(path)?.reading;
  }

  /** Takes over a file's new reading; `undefined` says that the file is gone. */
  take(path: string, reading: FileReading | undefined): void {
    if (reading === undefined) this.files.delete(path);
    else {
      const before = this.files.get(path) ?? this.recordedContent(path, reading);
      this.files.set(path, contentOf(path, reading, before, this.validation));
    }
  }

  /** What files said in an earlier run counts, for each that is taken, as what it said before. */
  restore(recorded: ReadonlyMap<string, GoodContent>): void {
    this.recorded = recorded;
  }

  /** What has to be known to {@link restore} the files as they are now. */
  goodContents(): ReadonlyMap<string, GoodContent> {
    const contents = new Map<string, GoodContent>();
    for (const [path, { goodText, formerTexts }] of this.files) {
      if (goodText !== undefined) contents.set(path, { goodText, formerTexts });
    }
    return contents;
  }

  private recordedContent(path: string, reading: FileReading): FormerContent | undefined {
    const recorded = this.recorded.get(path);
    if (recorded === undefined) return undefined;
    // Nothing of it would be asked for.
    if (recorded.formerTexts.size === 0 && 'text' in reading && reading.text === recorded.goodText) return undefined;
    const loaded = this.load(recorded.goodText, path);
    const sound = byKey(loaded);
    for (const [key, text] of recorded.formerTexts) {
      const former = byKey(this.load(text, path)).get(key);
      if (former !== undefined) sound.set(key, former);
    }
    return { ...recorded, sound, resources: withClosed(sound, loaded) };
  }

  private load(text: string, path: string): LoadedManifests {
    return loadManifests(text, path, undefined, this.validation);
  }

  /** Brings the whole up to date with the files and says what changed. */
  merge(): readonly ResourceChange[] {
    const winners = new Map<ResourceKey, LoadedResource>();
    const duplicates: ResourceProblem[] = [];
    for (const [, { resources }] of this.inOrder()) {
      for (const [key, loaded] of resources) {
        const earlier = winners.get(key);
        if (earlier !== undefined) duplicates.push(duplicateProblem(earlier, loaded));
        winners.set(key, loaded);
      }
    }
    const changes = changesBetween(this.winners, winners);
    this.winners = winners;
    this.duplicates = duplicates;
    return changes;
  }

  problems(): readonly ResourceProblem[] {
    return [...this.inOrder().flatMap(([, { problems }]) => problems), ...this.duplicates];
  }

  /** The definition in force of an object. */
  find(object: ObjectRef): LoadedResource | undefined {
    const key = keyOfRef(object);
    return key === undefined ? undefined : this.winners.get(key);
  }

  /** The files in the order in which later definitions win: by root, then by path. */
  private inOrder(): readonly (readonly [string, FileContent])[] {
    const rank = (path: string): number => this.roots.findIndex((root) => isUnder(path, root));
    return [...this.files].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  }
}

/** What a file said before. */
type FormerContent = Omit<FileContent, 'reading' | 'problems'>;

function contentOf(
  path: string,
  reading: FileReading,
  before: FormerContent | undefined,
  validation: FieldValidation,
): FileContent {
  const kept = {
    reading,
    resources: before?.resources ?? new Map(),
    sound: before?.sound ?? new Map(),
    formerTexts: before?.formerTexts ?? new Map(),
    ...(before?.goodText !== undefined && { goodText: before.goodText }),
  };
  if ('error' in reading) return { ...kept, problems: [{ error: reading.error, file: path }] };
  if (isUnfinished(reading.text, before?.goodText ?? '')) {
    const error = new CoreError(
      'PP_MANIFEST_SYNTAX',
      `${path}: the file looks half-written; what it said before counts`,
    );
    return { ...kept, problems: [{ error, file: path }] };
  }
  const loaded = loadManifests(reading.text, path, undefined, validation);
  if (loaded.problems.some(({ error }) => error.code === 'PP_MANIFEST_SYNTAX')) {
    return before === undefined
      ? { ...kept, ...countingOf(byKey(loaded), loaded), problems: loaded.problems }
      : { ...kept, problems: loaded.problems };
  }
  const former = formerOf(loaded, kept.sound);
  const formerTexts = [...former.keys()].map((key): [ResourceKey, string] => [
    key,
    kept.formerTexts.get(key) ?? kept.goodText ?? '',
  ]);
  return {
    reading,
    goodText: reading.text,
    ...countingOf(new Map([...byKey(loaded), ...former]), loaded),
    formerTexts: new Map(formerTexts),
    problems: loaded.problems,
  };
}

/**
 * Nothing where something was, or the beginning of what was, cut within a line. What ends with a line may as well be meant;
 * a writer who only pauses there is waited for by the source.
 */
function isUnfinished(text: string, before: string): boolean {
  if (before.trim() === '' || !before.startsWith(text)) return false;
  if (text.trim() === '') return true;
  return !text.endsWith('\n') && !/^\s*$|^\r?\n/.test(before.slice(text.length));
}

const REFUSED_CODES: ReadonlySet<CoreErrorCode> = new Set<CoreErrorCode>(['PP_OBJECT_INVALID', 'PP_FIELD_UNKNOWN']);

/** The sound definitions, and what counts. */
function countingOf(
  sound: ReadonlyMap<ResourceKey, LoadedResource>,
  loaded: LoadedManifests,
): Pick<FileContent, 'sound' | 'resources'> {
  return { sound, resources: withClosed(sound, loaded) };
}

/**
 * The definitions that counted last, but for objects that are faulty now and close: these count as far as they can be read. What was
 * refused for an unknown field only does so where there is no former definition, as a cluster keeps its object when kubectl
 * refuses another.
 */
function withClosed(
  sound: ReadonlyMap<ResourceKey, LoadedResource>,
  { closed }: LoadedManifests,
): ReadonlyMap<ResourceKey, LoadedResource> {
  const counting = new Map(sound);
  for (const loaded of closed) {
    const key = keyOfResource(loaded.resource);
    if (!loaded.isRefused || !sound.has(key)) counting.set(key, loaded);
  }
  return counting;
}

/** The former definitions of objects that are faulty now. */
function formerOf(
  loaded: LoadedManifests,
  before: ReadonlyMap<ResourceKey, LoadedResource>,
): ReadonlyMap<ResourceKey, LoadedResource> {
  const sound = byKey(loaded);
  const faulty = loaded.problems.filter(({ error }) => REFUSED_CODES.has(error.code));
  const faultyKeys = faulty.map(({ object }) => (object?.name ? keyOfRef(object) : undefined));
  // A faulty object that does not say who it is may be any of the former ones.
  const isKept = (key: ResourceKey): boolean => faultyKeys.includes(undefined) || faultyKeys.includes(key);
  return new Map([...before].filter(([key]) => !sound.has(key) && isKept(key)));
}

function byKey({ resources }: LoadedManifests): Map<ResourceKey, LoadedResource> {
  return new Map(resources.map((loaded) => [keyOfResource(loaded.resource), loaded]));
}

function keyOfRef({ apiVersion, kind, namespace, name }: ObjectRef): ResourceKey | undefined {
  const resourceKind = resourceKindOf(apiVersion, kind);
  return resourceKind === undefined ? undefined : resourceKey(resourceKind, namespace, name);
}

function changesBetween(
  before: ReadonlyMap<ResourceKey, LoadedResource>,
  after: ReadonlyMap<ResourceKey, LoadedResource>,
): readonly ResourceChange[] {
  const changes: ResourceChange[] = [];
  for (const key of before.keys()) if (!after.has(key)) changes.push({ op: 'remove', key });
  for (const [key, { resource }] of after) {
    const old = before.get(key)?.resource;
    if (old !== resource && !isDeepStrictEqual(old, resource)) changes.push({ op: 'put', resource });
  }
  return changes;
}
