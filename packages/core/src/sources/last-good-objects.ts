/** The objects of a cluster as they were last read well, for those whose loss would open what they close. */
import { z } from 'zod';
import { CLOSING_KINDS } from '../resources/closing-kinds';
import type { FieldValidation } from '../resources/field-validation';
import { readResource } from '../resources/parse';
import { type Resource, type ResourceKey, splitResourceKey } from '../resources/resource';
import type { LastGoodRecord, RecordEntries } from './last-good-record';

const withManagedFields = z.looseObject({ metadata: z.looseObject({ managedFields: z.unknown().optional() }) });

/** Keeps what is read, by key, and finds for an object that is faulty at the start what an earlier run read. */
export class LastGoodObjects {
  private recorded: RecordEntries = new Map();
  private readonly objects = new Map<string, string>();
  private isChanged = true;

  constructor(
    private readonly record: LastGoodRecord | undefined,
    private readonly validation: FieldValidation,
  ) {}

  load(): void {
    this.recorded = this.record?.load() ?? new Map();
  }

  /** Takes over an object that was read well, as the API gave it. Pods and endpoints are too many, too short-lived, and checked by the API server. */
  keep(key: ResourceKey, raw: unknown): void {
    if (this.record === undefined || !CLOSING_KINDS.has(splitResourceKey(key).kind)) return;
    this.put(key, JSON.stringify(withoutManagedFields(raw)));
  }

  forget(key: ResourceKey): void {
    if (this.objects.delete(key)) this.isChanged = true;
  }

  /** The object as an earlier run read it last, which counts from now on as read. */
  recall(key: ResourceKey): Resource | undefined {
    const text = this.recorded.get(key);
    if (text === undefined) return undefined;
    const parsed = readResource(JSON.parse(text), this.validation);
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
