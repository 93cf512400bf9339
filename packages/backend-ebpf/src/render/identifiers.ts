/** Numbers for names: what the programs know services and groups of ranges by. */

/** Numbers that mean something else. */
const RESERVED: ReadonlySet<number> = new Set([0, 0xffff_ffff]);
/** FNV-1a of 32 bits (Fowler, Noll, Vo). */
const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A number follows from the name alone, but where two names would have the same: there whoever came first keeps it. So an agent that
 * starts again finds almost everything in the maps as it must be.
 */
export class Identifiers {
  private readonly byName = new Map<string, number>();
  private readonly taken = new Set<number>();

  /** The name's number, from 1 on; the same until {@link forget}. */
  of(name: string): number {
    const known = this.byName.get(name);
    if (known !== undefined) return known;
    let number = hashOf(name);
    while (RESERVED.has(number) || this.taken.has(number)) number = (number + 1) >>> 0;
    this.byName.set(name, number);
    this.taken.add(number);
    return number;
  }

  /** The name is not in use any more. */
  forget(name: string): void {
    const number = this.byName.get(name);
    if (number === undefined) return;
    this.byName.delete(name);
    this.taken.delete(number);
  }
}

function hashOf(text: string): number {
  let hash = OFFSET_BASIS;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  return hash >>> 0;
}
