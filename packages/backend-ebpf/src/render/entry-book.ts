/** All claims of all objects, and what a change of some of them changes in the maps: its cost is what the change touches. */
import { type Claim, entryOf, type OwnedClaim } from './claim';
import { type EntryChanges, type MapEntry, type MapKey, orderEntryChanges } from './map-entry';

/** What objects claim from now on; a list that is empty means that the object is gone, or claims nothing. */
export type ClaimChanges = ReadonlyMap<string, readonly Claim[]>;

export class EntryBook {
  private readonly claimsByOwner = new Map<string, readonly Claim[]>();
  /** By map and key; one claim alone in almost every place. */
  private readonly places = new Map<string, readonly [OwnedClaim, ...OwnedClaim[]]>();

  /** Every object that claims something. */
  get owners(): Iterable<string> {
    return this.claimsByOwner.keys();
  }

  /** What the maps lack, or have too much, once these objects claim this. Changes nothing here. */
  changesBy(changes: ClaimChanges): EntryChanges {
    const writes: MapEntry[] = [];
    const deletions: MapKey[] = [];
    for (const place of this.placesTouchedBy(changes).values()) {
      const before = this.entryAt(placeOf(place));
      const claims = this.claimsAfter(placeOf(place), changes);
      const after = claims === undefined ? undefined : entryOf(claims);
      if (after === undefined) {
        if (before !== undefined) deletions.push({ map: before.map, key: before.key });
      } else if (before === undefined || !before.value.equals(after.value)) writes.push(after);
    }
    return orderEntryChanges({ writes, deletions });
  }

  /** These objects claim this from now on. */
  commit(changes: ClaimChanges): void {
    const touched = [...this.placesTouchedBy(changes).keys()];
    const after = touched.map((place) => [place, this.claimsAfter(place, changes)] as const);
    for (const [place, claims] of after) {
      if (claims === undefined) this.places.delete(place);
      else this.places.set(place, claims);
    }
    for (const [owner, claims] of changes) {
      if (claims.length === 0) this.claimsByOwner.delete(owner);
      else this.claimsByOwner.set(owner, claims);
    }
  }

  /** Every entry as it must be. */
  *entries(): Iterable<MapEntry> {
    for (const claims of this.places.values()) yield entryOf(claims);
  }

  private placesTouchedBy(changes: ClaimChanges): ReadonlyMap<string, MapKey> {
    const places = new Map<string, MapKey>();
    for (const [owner, claims] of changes) {
      for (const { map, key } of this.claimsByOwner.get(owner) ?? []) places.set(placeOf({ map, key }), { map, key });
      for (const { map, key } of claims) places.set(placeOf({ map, key }), { map, key });
    }
    return places;
  }

  private entryAt(place: string): MapEntry | undefined {
    const claims = this.places.get(place);
    return claims === undefined ? undefined : entryOf(claims);
  }

  private claimsAfter(place: string, changes: ClaimChanges): readonly [OwnedClaim, ...OwnedClaim[]] | undefined {
    const kept = (this.places.get(place) ?? []).filter(({ owner }) => !changes.has(owner));
    const added = this.addedTo(place, changes);
    const [first, ...rest] = [...kept, ...added].sort((a, b) => (a.owner < b.owner ? -1 : a.owner > b.owner ? 1 : 0));
    return first === undefined ? undefined : [first, ...rest];
  }

  private addedTo(place: string, changes: ClaimChanges): readonly OwnedClaim[] {
    return this.indexOf(changes).get(place) ?? [];
  }

  /** The claims of a set of changes by place; the same set is asked many times in a row. */
  private indexOf(changes: ClaimChanges): ReadonlyMap<string, readonly OwnedClaim[]> {
    if (this.index?.changes === changes) return this.index.byPlace;
    const byPlace = new Map<string, OwnedClaim[]>();
    for (const [owner, claims] of changes) {
      for (const claim of claims) {
        const place = placeOf(claim);
        const list = byPlace.get(place);
        if (list === undefined) byPlace.set(place, [{ owner, claim }]);
        else list.push({ owner, claim });
      }
    }
    this.index = { changes, byPlace };
    return byPlace;
  }

  private index:
    | { readonly changes: ClaimChanges; readonly byPlace: ReadonlyMap<string, readonly OwnedClaim[]> }
    | undefined;
}

function placeOf({ map, key }: MapKey): string {
  return `${map} ${key}`;
}
