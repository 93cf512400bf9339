/** The very fields of the user's objects behind what objects of the desired state need. */
import { keyOfResource, type Resource, type ResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { DesiredKey, ObjectRef } from '../state';
import type { Feature } from './feature';
import type { FeatureUse } from './feature-use';
import { featuresOf } from './resource-features';

/**
 * Joins two views of one object: what the desired state needs because of it, which counts, and what its own fields ask for, which
 * says where that is written. Without the second view the first one's field stands.
 */
export class UsedFields {
  /** What resources ask for, where it is one of the features. */
  readonly #asked = new Map<ObjectId, readonly FeatureUse[]>();
  readonly #idOfResource = new Map<ResourceKey, ObjectId>();
  /** What objects of the desired state need, by the user's object that they come from. */
  readonly #needed = new Map<ObjectId, Map<DesiredKey, readonly FeatureUse[]>>();
  readonly #idsOfKey = new Map<DesiredKey, readonly ObjectId[]>();
  readonly #touched = new Set<ObjectId>();

  /** @param features those that anyone wants to know of */
  constructor(private readonly features: ReadonlySet<Feature>) {}

  readResource(change: ResourceChange): void {
    if (this.features.size === 0) return;
    if (change.op === 'remove') this.#forgetResource(change.key);
    else this.#putResource(change.resource);
  }

  /** From now on the object of this key needs exactly these. */
  put(key: DesiredKey, uses: readonly FeatureUse[]): void {
    const counting = uses.filter(({ feature }) => this.features.has(feature));
    for (const id of this.#idsOfKey.get(key) ?? []) this.#forgetNeed(id, key);
    if (counting.length === 0) {
      this.#idsOfKey.delete(key);
      return;
    }
    const byObject = groupByObject(counting);
    this.#idsOfKey.set(key, [...byObject.keys()]);
    for (const [id, ofObject] of byObject) {
      const needed = this.#needed.get(id) ?? new Map();
      this.#needed.set(id, needed.set(key, ofObject));
      this.#touched.add(id);
    }
  }

  /** Every object that was touched since the last call, with all that is used because of it. */
  takeTouched(): ReadonlyMap<ObjectId, readonly FeatureUse[]> {
    const touched = new Map(Array.from(this.#touched, (id) => [id, this.#usesOf(id)]));
    this.#touched.clear();
    return touched;
  }

  #putResource(resource: Resource): void {
    const asked = featuresOf(resource).filter(({ feature }) => this.features.has(feature));
    const key = keyOfResource(resource);
    if (asked.length === 0) {
      this.#forgetResource(key);
      return;
    }
    const id = idOf(resource.ref);
    if (this.#idOfResource.get(key) !== id) this.#forgetResource(key);
    this.#idOfResource.set(key, id);
    this.#asked.set(id, asked);
    this.#touched.add(id);
  }

  #forgetResource(key: ResourceKey): void {
    const id = this.#idOfResource.get(key);
    if (id === undefined) return;
    this.#idOfResource.delete(key);
    this.#asked.delete(id);
    this.#touched.add(id);
  }

  #forgetNeed(id: ObjectId, key: DesiredKey): void {
    const needed = this.#needed.get(id);
    needed?.delete(key);
    if (needed?.size === 0) this.#needed.delete(id);
    this.#touched.add(id);
  }

  #usesOf(id: ObjectId): readonly FeatureUse[] {
    const asked = this.#asked.get(id) ?? [];
    return [...(this.#needed.get(id)?.values() ?? [])].flat().flatMap((use) => writtenUses(use, asked));
  }
}

/** Names one object of the user's. */
export type ObjectId = string;

function idOf({ apiVersion, kind, namespace, name }: ObjectRef): ObjectId {
  return JSON.stringify([apiVersion, kind, namespace ?? '', name]);
}

function groupByObject(uses: readonly FeatureUse[]): ReadonlyMap<ObjectId, readonly FeatureUse[]> {
  const groups = new Map<ObjectId, FeatureUse[]>();
  for (const use of uses) {
    const id = idOf(use.object);
    const group = groups.get(id) ?? [];
    groups.set(id, group);
    group.push(use);
  }
  return groups;
}

/** The fields that ask for it: those in the use's field, else those of the same rule, else all of the object; else the use's own. */
function writtenUses(use: FeatureUse, asked: readonly FeatureUse[]): readonly FeatureUse[] {
  const ofFeature = asked.filter(({ feature }) => feature === use.feature);
  const inField = ofFeature.filter(({ field }) => isWithin(field, use.field));
  if (inField.length > 0) return inField;
  const rule = ruleOf(use.field);
  const inRule = rule === undefined ? [] : ofFeature.filter(({ field }) => ruleOf(field) === rule);
  if (inRule.length > 0) return inRule;
  return ofFeature.length > 0 ? ofFeature : [use];
}

function isWithin(field: string, around: string): boolean {
  return field === around || (field.startsWith(around) && /^[.[]/.test(field.slice(around.length)));
}

/** `spec.ingress[2]` of a field in that rule. */
function ruleOf(field: string): string | undefined {
  return /^spec\.(?:ingress|egress)\[\d+\]/.exec(field)?.[0];
}
