/**
 * A third party's backend: the `folder` dataplane puts each object of the desired state into a JSON file of its own, for whatever
 * reads them there. It imports `@polyplane/core/backend` and nothing else of Polyplane; its spec runs the conformance kit on it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Observable, Subject } from 'rxjs';
import {
  type Change,
  CoreError,
  type DataplaneBackend,
  type DataplaneEvent,
  type DataplaneSession,
  type DesiredKey,
  type DesiredObject,
  type Drift,
  type Inspection,
  keyOfChange,
  type LimitTable,
  type NodeContext,
  type NodeFacts,
  orderChanges,
  type Plan,
  type Transition,
} from '@polyplane/core/backend';
import { FOLDER_BEHAVIOURS } from './folder-behaviours';
import { attempt, FOLDER_CODES, FolderError } from './folder-error';

/** Options under `backends.folder`. */
export interface FolderOptions {
  /** Absolute; made when it is missing. Each node has a folder of its own in it. */
  readonly path: string;
}

export class FolderBackend implements DataplaneBackend {
  readonly name = 'folder';
  readonly codes = FOLDER_CODES;
  readonly limits: LimitTable = [];
  readonly behaviours = FOLDER_BEHAVIOURS;

  /** @throws FolderError PP_FOLDER_OPTION_INVALID */
  constructor(private readonly options: FolderOptions) {
    // Options come from a configuration file: their type is a hope until it is checked.
    if (typeof options.path === 'string' && isAbsolute(options.path)) return;
    throw new FolderError('PP_FOLDER_OPTION_INVALID', 'path must be an absolute path', { isRetriable: false });
  }

  async probe(): Promise<NodeFacts> {
    return { backend: this.name, facts: { path: this.options.path }, missing: [] };
  }

  async open({ nodeName }: NodeContext): Promise<FolderSession> {
    const folder = join(this.options.path, nodeName);
    return new FolderSession(folder, await readFolder(folder));
  }

  render(transition: Transition): FolderPlan {
    return new FolderSession(this.options.path, new Map()).plan(transition);
  }

  async inspect({ nodeName }: NodeContext, transition?: Transition): Promise<Inspection> {
    const there = await readFolder(join(this.options.path, nodeName));
    const wanted = transition === undefined ? [] : this.render(transition).writes;
    const linesOf = (entries: Iterable<Entry>) => [...entries].map(([key, text]) => `${fileOf(key)} ${text}`).sort();
    return { parts: [{ name: 'files', inForce: linesOf(there), wanted: linesOf(wanted) }] };
  }
}

/** An object's text; undefined: it goes. */
type Entry = readonly [key: DesiredKey, text: string | undefined];

interface FolderPlan extends Plan {
  readonly scope: Transition['scope'];
  /** What is asked for once the plan is in force. */
  readonly wanted: readonly Entry[];
  /** What of it differs from what is there. */
  readonly writes: readonly Entry[];
  readonly generation: number;
}

class FolderSession implements DataplaneSession<FolderPlan> {
  /** What successful applies asked for; undefined before the first, when an audit has nothing to hold the folder against. */
  private asked: Map<DesiredKey, string> | undefined;
  private generation = 0;
  private readonly events = new Subject<DataplaneEvent>();
  readonly events$: Observable<DataplaneEvent> = this.events.asObservable();

  constructor(
    private readonly folder: string,
    private there: Map<DesiredKey, string>,
  ) {}

  plan({ revision, scope, changes }: Transition): FolderPlan {
    const named = new Set(changes.map(keyOfChange));
    const extra = scope === 'full' ? [...this.there.keys()].filter((key) => !named.has(key)) : [];
    const removals = orderChanges(extra.map((key): Change => ({ op: 'remove', key })));
    const wanted = [...changes, ...removals].map((change): Entry => [keyOfChange(change), this.textAfter(change)]);
    const writes = wanted.filter(([key, text]) => this.there.get(key) !== text);
    const print = (): string => writes.map(([key, text]) => `${fileOf(key)} ${text ?? 'removed'}`).join('\n');
    return { revision, isEmpty: writes.length === 0, scope, wanted, writes, generation: this.generation, print };
  }

  async apply({ revision, scope, wanted, writes, generation }: FolderPlan): Promise<void> {
    if (generation !== this.generation) {
      throw new CoreError('PP_PLAN_STALE', `the plan for revision ${revision} was made from an older state`);
    }
    this.generation += 1;
    for (const entry of writes) await this.write(entry);
    if (scope === 'full' || this.asked === undefined) this.asked = new Map();
    for (const [key, text] of wanted) {
      if (text === undefined) this.asked.delete(key);
      else this.asked.set(key, text);
    }
  }

  async audit(): Promise<Drift> {
    if (this.asked === undefined) return { repaired: [] };
    const { asked } = this;
    this.there = await readFolder(this.folder);
    const lost = [...asked].filter(([key, text]) => this.there.get(key) !== text);
    const extra = [...this.there.keys()].filter((key) => !asked.has(key));
    for (const entry of lost) await this.write(entry);
    for (const key of extra) await this.write([key, undefined]);
    return {
      repaired: [
        ...lost.map(([key]) => `${fileOf(key)} was missing or changed: ${key}`),
        ...extra.map((key) => `${fileOf(key)} was not asked for: ${key}`),
      ],
    };
  }

  async release(how: 'leave' | 'remove'): Promise<void> {
    if (how === 'remove') await attempt(this.folder, () => rm(this.folder, { recursive: true, force: true }));
    this.events.complete();
  }

  /** Members change what was asked for; any other change says the whole. */
  private textAfter(change: Change): string | undefined {
    if (change.op === 'remove') return undefined;
    if (change.op === 'put') return formatObject(change.object);
    const set = parseObject(this.asked?.get(change.key) ?? '');
    if (set?.type !== 'ipSet') return undefined;
    const kept = [...set.members].filter((member) => !change.removed.includes(member));
    return formatObject({ ...set, members: new Set([...kept, ...change.added]) });
  }

  /** Each file changes at once: a reader sees the old text or the new one. */
  private async write([key, text]: Entry): Promise<void> {
    const file = join(this.folder, fileOf(key));
    await attempt(key, async () => {
      if (text === undefined) return rm(file, { force: true });
      await mkdir(this.folder, { recursive: true });
      await writeFile(`${file}.new`, text);
      await rename(`${file}.new`, file);
    });
    if (text === undefined) this.there.delete(key);
    else this.there.set(key, text);
  }
}

/** The objects that the folder holds; a file that is not what its name says is none. */
export async function readFolder(folder: string): Promise<Map<DesiredKey, string>> {
  const objects = new Map<DesiredKey, string>();
  const names = await attempt(folder, () => readdir(folder).catch(emptyWhenMissing));
  for (const name of names.filter((file) => file.endsWith('.json'))) {
    const text = await attempt(name, () => readFile(join(folder, name), 'utf8'));
    const key = parseObject(text)?.key;
    if (key !== undefined && fileOf(key) === name) objects.set(key, text);
  }
  return objects;
}

/** Undefined for a text that is no object. */
export function parseObject(text: string): DesiredObject | undefined {
  try {
    const value = JSON.parse(text, (field, inner) => (field === 'members' ? new Set(inner) : inner));
    // What is under a name that follows from its own key was written by formatObject.
    return typeof value?.key === 'string' ? (value as DesiredObject) : undefined;
  } catch {
    return undefined;
  }
}

/** The same text for the same object, in whatever order a set's members came. */
function formatObject(object: DesiredObject): string {
  return JSON.stringify(object, (_field, value) => (value instanceof Set ? [...value].sort() : value));
}

/** A hash: no name of a cluster object reaches the file system, and none is too long for it. */
function fileOf(key: DesiredKey): string {
  return `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.json`;
}

function emptyWhenMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
