/** Numbers for keys, for maps of the kernel that are indexed by number. */
import { EbpfError } from '../../ebpf-error';

/** Each key keeps its number as long as it is in use. 0 is never given: it means none. */
export class KeyNumbers<Key> {
  private readonly numbers = new Map<Key, number>();
  private readonly keys = new Map<number, Key>();
  private free: number[] = [];
  private next = 1;

  /** For a map of this name; all numbers are smaller than `capacity`. */
  constructor(
    private readonly map: string,
    private readonly capacity: number,
  ) {}

  /**
   * The key's number, a new one if it has none yet.
   * @throws EbpfError PP_EBPF_MAP_FULL when all are in use
   */
  numberOf(key: Key): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.next < this.capacity ? this.next++ : this.free.shift();
    if (number === undefined) {
      const message = `the BPF map ${this.map} has no index left: it holds ${this.capacity - 1} keys at the most`;
      throw new EbpfError('PP_EBPF_MAP_FULL', message, { isRetriable: false });
    }
    this.numbers.set(key, number);
    this.keys.set(number, key);
    return number;
  }

  /** Whose a number is. */
  keyOf(number: number): Key | undefined {
    return this.keys.get(number);
  }

  /** Gives back the numbers of all other keys. They are given again only when no fresh one is left. */
  keepOnly(kept: ReadonlySet<Key>): void {
    for (const [key, number] of this.numbers) {
      if (kept.has(key)) continue;
      this.numbers.delete(key);
      this.keys.delete(number);
      this.free.push(number);
    }
  }
}
