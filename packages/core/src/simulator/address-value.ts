/** Addresses as numbers, and sets of ranges that are asked for one address very often. */
import { addressBits, type Cidr, type IpAddress, splitCidr } from '../state';

/** An address as its bits: a number for IPv4, a bigint for IPv6. The type tells the family. */
export type AddressValue = number | bigint;

const ZERO = 48;
const DOT = 46;

export function addressValueOf(address: IpAddress): AddressValue {
  return address.includes(':') ? addressBits(address) : ipv4Value(address);
}

/**
 * A set of ranges of both families. For each prefix length in it there is one hash set of networks, so that a look-up
 * costs one probe a length, and adding or removing a range costs one.
 */
export class NetSet {
  private readonly v4: { readonly shift: number; readonly networks: Set<number> }[] = [];
  private readonly v6: { readonly shift: bigint; readonly networks: Set<bigint> }[] = [];

  static of(cidrs: Iterable<Cidr>): NetSet {
    const set = new NetSet();
    for (const cidr of cidrs) set.add(cidr);
    return set;
  }

  add(cidr: Cidr): void {
    const { address, length } = splitCidr(cidr);
    const value = addressValueOf(address);
    if (typeof value === 'number') this.networksV4(32 - length).add(networkV4(value, 32 - length));
    else this.networksV6(BigInt(128 - length)).add(value >> BigInt(128 - length));
  }

  delete(cidr: Cidr): void {
    const { address, length } = splitCidr(cidr);
    const value = addressValueOf(address);
    if (typeof value === 'number') this.networksV4(32 - length).delete(networkV4(value, 32 - length));
    else this.networksV6(BigInt(128 - length)).delete(value >> BigInt(128 - length));
  }

  contains(value: AddressValue): boolean {
    if (typeof value === 'number') {
      for (const { shift, networks } of this.v4) if (networks.has(networkV4(value, shift))) return true;
      return false;
    }
    for (const { shift, networks } of this.v6) if (networks.has(value >> shift)) return true;
    return false;
  }

  private networksV4(shift: number): Set<number> {
    const found = this.v4.find((entry) => entry.shift === shift);
    if (found !== undefined) return found.networks;
    const networks = new Set<number>();
    this.v4.push({ shift, networks });
    return networks;
  }

  private networksV6(shift: bigint): Set<bigint> {
    const found = this.v6.find((entry) => entry.shift === shift);
    if (found !== undefined) return found.networks;
    const networks = new Set<bigint>();
    this.v6.push({ shift, networks });
    return networks;
  }
}

/** JavaScript shifts by 32 are shifts by 0. */
function networkV4(value: number, shift: number): number {
  return shift === 32 ? 0 : value >>> shift;
}

function ipv4Value(address: string): number {
  let value = 0;
  let byte = 0;
  for (let index = 0; index < address.length; index += 1) {
    const code = address.charCodeAt(index);
    if (code === DOT) {
      value = value * 256 + byte;
      byte = 0;
    } else {
      byte = byte * 10 + code - ZERO;
    }
  }
  return value * 256 + byte;
}
