/** An index in which several objects may claim one place: the one with the smallest key has it, whoever came first. */

export class ClaimIndex<Place, Key extends string, Value extends { readonly key: Key }> {
  private readonly claims = new Map<Place, Value[]>();

  /** The holder of the place. */
  get(place: Place): Value | undefined {
    return this.claims.get(place)?.[0];
  }

  /** The value claims the place. */
  add(place: Place, value: Value): void {
    const claims = this.claims.get(place);
    if (claims === undefined) this.claims.set(place, [value]);
    else {
      claims.push(value);
      claims.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    }
  }

  /** The value with this key claims the place no longer. */
  delete(place: Place, key: Key): void {
    const left = this.claims.get(place)?.filter((claim) => claim.key !== key) ?? [];
    if (left.length === 0) this.claims.delete(place);
    else this.claims.set(place, left);
  }
}
