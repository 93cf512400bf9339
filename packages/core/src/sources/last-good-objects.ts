/** The objects of a cluster as they were last read well, for those whose loss would open what they close. */
import { z } from 'zod';
import { readResource } from '../resources/parse';
import { type Resource, type ResourceKey, type ResourceKind, splitResourceKey } from '../resources/resource';
import type { LastGoodRecord, RecordEntries } from './last-good-record';

/** What says which packets are let through. Pods, endpoints and the like are too many, too short-lived, and checked by the API server. */
const KEPT_KINDS: ReadonlySet<ResourceKind> = new Set<ResourceKind>([
  'NetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
  'ClusterNetworkPolicy',
  'CalicoNetworkPolicy',
  'GlobalNetworkPolicy',
  'Tier',
  'Profile',
  'NetworkSet',
  'GlobalNetworkSet',
  'HostEndpoint',
]);

const withManagedFields = z.looseObject({ metadata: z.looseObject({ managedFields: z.unknown().optional() }) });

/** Keeps what is read, by key, and finds for an object that is faulty at the start what an earlier run read. */
export class LastGoodObjects {
  private recorded: RecordEntries = new Map();
  private readonly objects = new Map<string, string>();
  private isChanged = true;

  constructor(private readonly record: LastGoodRecord | undefined) {}

  load(): void {
    this.recorded = this.record?.load() ?? new Map();
  }

  /** Takes over an object that was read well, as the API gave it. */
  keep(key: ResourceKey, raw: unknown): void {
    if (this.record === undefined || !KEPT_KINDS.has(splitResourceKey(key).kind)) return;
    this.put(key, JSON.stringify(withoutManagedFields(raw)));
  }

  forget(key: ResourceKey): void {
    if (this.objects.delete(key)) this.isChanged = true;
  }

  /** The object as an earlier run read it last, which counts from now on as read. */
  recall(key: ResourceKey): Resource | undefined {
    const text = this.recorded.get(key);
    if (text === undefined) return undefined;
    const parsed = readResource(JSON.parse(text));
    // This version may ask for more than the one that kept it.
    if (parsed.outcome !== 'resource') return undefined;
    this.put(key, text);
    return parsed.resource;
  }

  /** What could not be written is to be written again. */
  saveAgain(): void {
    this.isChanged = true;
    this.save();
  }

  /** Writes what is kept now; for when all has been read, as what is not kept then is given up. */
  save(): void {
    if (this.record === undefined || !this.isChanged) return;
    this.isChanged = false;
    this.recorded = new Map();
    this.record.save(new Map(this.objects));
  }

  private put(key: ResourceKey, text: string): void {
    if (this.objects.get(key) === text) return;
    this.objects.set(key, text);
    this.isChanged = true;
  }
}

/** Who wrote which field when is no part of what the object says, and the larger part of its text. */
function withoutManagedFields(raw: unknown): unknown {
  const parsed = withManagedFields.safeParse(raw);
  if (!parsed.success) return raw;
  const { managedFields: _, ...metadata } = parsed.data.metadata;
  return { ...parsed.data, metadata };
}
