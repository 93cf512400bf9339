/** A set whose members may be put in by several. */

export class CountedSet {
  private readonly counts = new Map<string, number>();
  private last: ReadonlySet<string> | undefined;

  /** Counts one more, or one less, for a member: it is there as long as its count is above zero. */
  add(member: string, by: 1 | -1): void {
    const before = this.counts.get(member) ?? 0;
    const after = before + by;
    if (after > 0) this.counts.set(member, after);
    else this.counts.delete(member);
    if (before > 0 !== after > 0) this.last = undefined;
  }

  /** The members as they are now; the same set as long as they do not change. */
  snapshot(): ReadonlySet<string> {
    this.last ??= new Set(this.counts.keys());
    return this.last;
  }
}
