/** All claims of all objects, and what a change of some of them changes in the maps: its cost is what the change touches. */
import { type Claim, entryOf, type OwnedClaim } from './claim';
import { type EntryChanges, type MapEntry, type MapKey, orderEntryChanges } from './map-entry';

/** What objects claim from now on; a list that is empty means that the object is gone, or claims nothing. */
export type ClaimChanges = ReadonlyMap<string, readonly Claim[]>;

/** Claims of one place, by rising owner: there is at least one, and one alone in almost every place. */
type PlaceClaims = readonly [OwnedClaim, ...OwnedClaim[]];

/** A step from what was committed last. */
export interface BookStep {
  readonly claims: ClaimChanges;
  /** What the maps lack, or have too much, once it is done. */
  readonly changes: EntryChanges;
  /** By map and key, the places that it touches; undefined: nobody claims it any more. */
  readonly places: ReadonlyMap<string, PlaceClaims | undefined>;
}

export class EntryBook {
  private readonly claimsByOwner = new Map<string, readonly Claim[]>();
  private readonly places = new Map<string, PlaceClaims>();

  /** Every object that claims something. */
  get owners(): Iterable<string> {
    return this.claimsByOwner.keys();
  }

  /** The step once these objects claim this. Changes nothing here. */
  stepBy(claims: ClaimChanges): BookStep {
    const writes: MapEntry[] = [];
    const deletions: MapKey[] = [];
    const places = new Map<string, PlaceClaims | undefined>();
    for (const [place, added] of this.placesTouchedBy(claims)) {
      const before = this.places.get(place);
      const after = claimsAfter(before, claims, added);
      places.set(place, after);
      const entry = after === undefined ? undefined : entryOf(after);
      const known = before === undefined ? undefined : entryOf(before);
      if (entry === undefined) {
        if (known !== undefined) deletions.push({ map: known.map, key: known.key });
      } else if (known === undefined || !known.value.equals(entry.value)) writes.push(entry);
    }
    return { claims, changes: orderEntryChanges({ writes, deletions }), places };
  }

  /** The step was carried out. */
  commit({ claims, places }: BookStep): void {
    for (const [place, after] of places) {
      if (after === undefined) this.places.delete(place);
      else this.places.set(place, after);
    }
    for (const [owner, owned] of claims) {
      if (owned.length === 0) this.claimsByOwner.delete(owner);
      else this.claimsByOwner.set(owner, owned);
    }
  }

  /** Every entry as it must be. */
  *entries(): Iterable<MapEntry> {
    for (const claims of this.places.values()) yield entryOf(claims);
  }

  /** With the claims that come there. */
  private placesTouchedBy(changes: ClaimChanges): ReadonlyMap<string, OwnedClaim[]> {
    const places = new Map<string, OwnedClaim[]>();
    for (const [owner, claims] of changes) {
      for (const claim of this.claimsByOwner.get(owner) ?? []) {
        const place = placeOf(claim);
        if (!places.has(place)) places.set(place, []);
      }
      for (const claim of claims) {
        const place = placeOf(claim);
        const list = places.get(place);
        if (list === undefined) places.set(place, [{ owner, claim }]);
        else list.push({ owner, claim });
      }
    }
    return places;
  }
}

function claimsAfter(
  before: PlaceClaims | undefined,
  changes: ClaimChanges,
  added: readonly OwnedClaim[],
): PlaceClaims | undefined {
  const kept = before?.filter(({ owner }) => !changes.has(owner)) ?? [];
  const all = [...kept, ...added];
  if (all.length > 1) all.sort((a, b) => (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0));
  const [first, ...rest] = all;
  return first === undefined ? undefined : [first, ...rest];
}

function placeOf({ map, key }: MapKey): string {
  return `${map} ${key}`;
}
