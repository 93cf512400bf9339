/** Sets of addresses of one IP family, as ranges. */
import { addressBits, type Cidr, type IpAddress, type IpFamily, splitCidr } from '../state';

/** An immutable set of addresses. */
export class AddressRanges {
  /** Sorted, disjoint, `last` included. */
  private constructor(private readonly ranges: readonly Range[]) {}

  static readonly none = new AddressRanges([]);

  static all(family: IpFamily): AddressRanges {
    return new AddressRanges([[0n, (1n << bitsOf(family)) - 1n]]);
  }

  /** The ranges of this family among `cidrs`. */
  static of(family: IpFamily, cidrs: Iterable<Cidr>): AddressRanges {
    const ranges: Range[] = [];
    for (const cidr of cidrs) {
      const { address, length } = splitCidr(cidr);
      if (address.includes(':') !== (family === 6)) continue;
      const first = addressBits(address);
      ranges.push([first, first + (1n << (bitsOf(family) - BigInt(length))) - 1n]);
    }
    return new AddressRanges(merge(ranges));
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  /** Whether there is any address but this one. */
  hasOtherThan(address: IpAddress): boolean {
    const [only] = this.ranges;
    if (only === undefined || this.ranges.length > 1) return only !== undefined;
    return only[0] !== only[1] || only[0] !== addressBits(address);
  }

  has(address: IpAddress): boolean {
    const bits = addressBits(address);
    let [low, high] = [0, this.ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ranges[middle]?.[1] ?? bits) < bits) low = middle + 1;
      else high = middle;
    }
    const found = this.ranges[low];
    return found !== undefined && found[0] <= bits;
  }

  union(other: AddressRanges): AddressRanges {
    return new AddressRanges(merge([...this.ranges, ...other.ranges]));
  }

  minus(other: AddressRanges): AddressRanges {
    const left: Range[] = [];
    let index = 0;
    for (const [first, last] of this.ranges) {
      let start = first;
      while ((other.ranges[index]?.[1] ?? start) < start) index++;
      for (let cut = index; start <= last; cut++) {
        const hole = other.ranges[cut];
        if (hole === undefined || hole[0] > last) {
          left.push([start, last]);
          break;
        }
        if (hole[0] > start) left.push([start, hole[0] - 1n]);
        start = hole[1] + 1n;
      }
    }
    return new AddressRanges(left);
  }

  intersect(other: AddressRanges): AddressRanges {
    return this.minus(this.minus(other));
  }
}

type Range = readonly [first: bigint, last: bigint];

function bitsOf(family: IpFamily): bigint {
  return family === 4 ? 32n : 128n;
}

function merge(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const merged: Range[] = [];
  for (const [first, last] of sorted) {
    const previous = merged.at(-1);
    if (previous === undefined || first > previous[1] + 1n) merged.push([first, last]);
    else if (last > previous[1]) merged[merged.length - 1] = [previous[0], last];
  }
  return merged;
}
