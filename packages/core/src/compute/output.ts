/** The desired state as it was last told, and what of it a calculation wants told anew: finds the least changes between the two. */
import { isDeepStrictEqual } from 'node:util';
import { type Change, type DesiredKey, type DesiredObject, type IpSet, orderChanges } from '../state';

/** IP sets tell their own changes, member by member. */
export type PlainObject = Exclude<DesiredObject, IpSet>;

export class Output {
  private readonly told = new Map<DesiredKey, PlainObject>();
  private readonly wanted = new Map<DesiredKey, PlainObject | undefined>();

  put(object: PlainObject): void {
    this.wanted.set(object.key, object);
  }

  remove(key: PlainObject['key']): void {
    this.wanted.set(key, undefined);
  }

  /** The changes since the last call, in safe order, with those of the IP sets among them. */
  flush(ipSetChanges: readonly Change[]): readonly Change[] {
    const changes = [...ipSetChanges];
    for (const [key, object] of this.wanted) {
      const before = this.told.get(key);
      if (object !== undefined) {
        if (before !== undefined && isDeepStrictEqual(before, object)) continue;
        this.told.set(key, object);
        changes.push({ op: 'put', object });
      } else if (this.told.delete(key)) {
        changes.push({ op: 'remove', key });
      }
    }
    this.wanted.clear();
    return orderChanges(changes);
  }
}
