/** Keeps up with one kind of a cluster's objects: lists them, then watches, and starts over where a watch has lost its place. */
import { z } from 'zod';
import { CoreError } from '../core-error';
import type { FieldValidation } from '../resources/field-validation';
import { readResource } from '../resources/parse';
import type { ClosedReading, ParsedResource } from '../resources/parsed-resource';
import { type Resource, type ResourceKey, resourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceFault } from '../resources/resource-fault';
import type { ResourceProblem } from '../resources/resource-problem';
import { type ApiAnswer, type KubernetesApi, unreachable } from './kubernetes-api';
import type { OfferedKind } from './kubernetes-discovery';
import type { LastGoodObjects } from './last-good-objects';
import { type RetryClock, restAfter } from './retry';

const PAGE_SIZE = 500;
const WATCH_SECONDS = 290;
const RELIST_AFTER = 5;

const objectMeta = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().nullish(),
    resourceVersion: z.string().nullish(),
  }),
});
const page = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().nullish() }),
  items: z.array(z.unknown()).nullish(),
});
const watchEvent = z.object({ type: z.string(), object: z.unknown() });
const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const failure = z.object({ code: z.number(), message: z.string().nullish() });

/** How a reflector reads, and whom it tells. */
export interface ReflectorOptions {
  readonly clock: RetryClock;
  readonly lastGood: LastGoodObjects;
  /** What becomes of fields that the kind does not have. */
  readonly validation: FieldValidation;
  /** Called after every step, with what it changed. */
  readonly tell: (changes: readonly ResourceChange[]) => void;
}

/**
 * One kind's objects as changes. What the API server cannot be asked is asked again later, with growing pauses; what was read
 * before stays in force meanwhile, and so does the former version of an object that became faulty, be it in an earlier run,
 * unless what can be read of it closes.
 */
export class Reflector {
  /** The list was complete once. */
  hasListed = false;

  /** The version last seen of every object that there is. */
  private readonly versions = new Map<ResourceKey, string>();
  private readonly faults = new Map<ResourceKey, readonly ResourceProblem[]>();
  private connectionProblem: ResourceProblem | undefined;
  /** The objects of which a version is in force that was not refused. */
  private readonly inForce = new Set<ResourceKey>();
  /** Up to where the changes are known; undefined: a list is wanted. */
  private version: string | undefined;

  constructor(
    private readonly api: KubernetesApi,
    private readonly target: OfferedKind,
    private readonly options: ReflectorOptions,
  ) {}

  problems(): readonly ResourceProblem[] {
    const faults = [...this.faults.values()].flat();
    return this.connectionProblem === undefined ? faults : [this.connectionProblem, ...faults];
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        this.version ??= await this.list(signal);
        // A server that ends every watch at once is not asked again at once.
        failures = (await this.watch(this.version, signal)) ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        // A version that fails again and again may be one that this server never had.
        if (failures % RELIST_AFTER === 0) this.version = undefined;
        this.report(error);
      }
      if (failures > 0) await restAfter(failures, this.options.clock, signal);
    }
  }

  /** Reads every object and gives the list's version. */
  private async list(signal: AbortSignal): Promise<string> {
    const items: unknown[] = [];
    let query: Record<string, string | number> = { limit: PAGE_SIZE };
    for (;;) {
      const { metadata, items: more } = this.pageOf(await this.api.get(this.target.path, query, signal));
      for (const item of more ?? []) items.push(item);
      if (!metadata.continue) {
        this.takeList(items);
        return metadata.resourceVersion;
      }
      query = { limit: PAGE_SIZE, continue: metadata.continue };
    }
  }

  /** Takes over a whole list: what is not in it is gone. */
  private takeList(items: readonly unknown[]): void {
    const { apiVersion, apiKind } = this.target;
    const changes: ResourceChange[] = [];
    const listed = new Set<ResourceKey | undefined>();
    for (const item of items) {
      // The items of a list do not repeat its kind.
      listed.add(this.put(isRecord(item) ? { ...item, apiVersion, kind: apiKind } : item, changes));
    }
    for (const key of [...this.versions.keys()]) if (!listed.has(key)) this.remove(key, changes);
    this.connectionProblem = undefined;
    this.hasListed = true;
    this.options.tell(changes);
  }

  private pageOf(answer: ApiAnswer): z.infer<typeof page> {
    if (!answer.isSuccess) throw this.refused(answer.status, answer.message);
    const parsed = page.safeParse(answer.body);
    if (!parsed.success) throw unreachable(`${this.target.path} is not listed in the API's form`);
    return parsed.data;
  }

  /** Follows the changes from a version on until the stream ends; true when there was one. */
  private async watch(from: string, signal: AbortSignal): Promise<boolean> {
    const query = { resourceVersion: from, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS };
    const watch = await this.api.watch(this.target.path, query, signal);
    if (!watch.isSuccess) return this.takeRefusal(watch.status, watch.message);
    if (this.connectionProblem !== undefined) {
      this.connectionProblem = undefined;
      this.options.tell([]);
    }
    let hasProgressed = false;
    for await (const raw of watch.events) {
      const { type, object } = watchEvent.safeParse(raw).data ?? {};
      if (type === 'ERROR') {
        const { code = 0, message } = failure.safeParse(object).data ?? {};
        return this.takeRefusal(code, message ?? `status ${code}`);
      }
      if (type === undefined || !this.take(type, object)) {
        // What such an event said is not known: only a new list can tell.
        this.version = undefined;
        throw unreachable(`${this.target.path}: a change that is not told in the API's form`);
      }
      hasProgressed = true;
    }
    return hasProgressed;
  }

  /** 410 Gone: the server has forgotten the version, so the list is read anew. */
  private takeRefusal(status: number, message: string): false {
    if (status !== 410) throw this.refused(status, message);
    this.version = undefined;
    return false;
  }

  /** Takes over one event; false for one that makes no sense. */
  private take(type: string, object: unknown): boolean {
    const meta = versioned.safeParse(object);
    if (!meta.success) return false;
    const changes: ResourceChange[] = [];
    if (type === 'ADDED' || type === 'MODIFIED') this.put(object, changes);
    else if (type === 'DELETED') this.remove(this.keyOf(object), changes);
    else if (type !== 'BOOKMARK') return false;
    this.version = meta.data.metadata.resourceVersion;
    if (type !== 'BOOKMARK') this.options.tell(changes);
    return true;
  }

  /** Takes over one object; its key, unless it is passed over. */
  private put(raw: unknown, changes: ResourceChange[]): ResourceKey | undefined {
    const key = this.keyOf(raw);
    const version = objectMeta.safeParse(raw).data?.metadata.resourceVersion ?? '';
    if (isMirrored(this.target, raw)) return undefined;
    if (version !== '' && this.versions.get(key) === version) return key;
    const isNew = !this.versions.has(key);
    this.versions.set(key, version);
    const parsed = readResource(raw, this.options.validation);
    const faults = parsed.outcome === 'foreign' ? [] : parsed.faults;
    if (faults.length === 0) this.faults.delete(key);
    else this.faults.set(key, faults.map(problemOf));
    if (parsed.outcome === 'resource') this.options.lastGood.keep(key, raw);
    const resource = this.resourceOf(key, parsed, isNew);
    if (resource !== undefined) changes.push({ op: 'put', resource });
    return key;
  }

  /** What takes the place of an object's former version; undefined: that stays in force. */
  private resourceOf(key: ResourceKey, parsed: ParsedResource, isNew: boolean): Resource | undefined {
    if (parsed.outcome === 'foreign') return undefined;
    const { resource, isRefused } = parsed.outcome === 'resource' ? { ...parsed, isRefused: false } : closedOf(parsed);
    const former = isNew && (resource === undefined || isRefused) ? this.options.lastGood.recall(key) : undefined;
    const counting = former ?? (isRefused && this.inForce.has(key) ? undefined : resource);
    if (counting !== undefined && (former !== undefined || !isRefused)) this.inForce.add(key);
    return counting;
  }

  private remove(key: ResourceKey, changes: ResourceChange[]): void {
    if (!this.versions.delete(key)) return;
    this.faults.delete(key);
    this.inForce.delete(key);
    this.options.lastGood.forget(key);
    changes.push({ op: 'remove', key });
  }

  /** By kind, namespace and name; objects that have no name share one. */
  private keyOf(raw: unknown): ResourceKey {
    const { name = '', namespace } = objectMeta.safeParse(raw).data?.metadata ?? {};
    return resourceKey(this.target.kind, namespace ?? undefined, name);
  }

  private report(error: unknown): void {
    if (!(error instanceof CoreError)) throw error;
    this.connectionProblem = { error };
    this.options.tell([]);
  }

  private refused(status: number, message: string): CoreError {
    const text = `the Kubernetes API: ${this.target.path}: ${message}`;
    return new CoreError(status === 401 || status === 403 ? 'PP_CLUSTER_FORBIDDEN' : 'PP_CLUSTER_UNREACHABLE', text);
  }
}

/** The closed reading, if there is one. */
function closedOf({ closed }: Extract<ParsedResource, { readonly outcome: 'faulty' }>): Partial<ClosedReading> {
  return closed ?? {};
}

function problemOf({ error, object }: ResourceFault): ResourceProblem {
  return {
    error,
    ...(object !== undefined && { object }),
    ...(error.field !== undefined && { field: error.field }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Calico's own API server shows Kubernetes' policies among its own; they are read where they come from. */
function isMirrored({ kind }: OfferedKind, raw: unknown): boolean {
  const name = objectMeta.safeParse(raw).data?.metadata.name ?? '';
  return kind === 'CalicoNetworkPolicy' && name.startsWith('knp.default.');
}
