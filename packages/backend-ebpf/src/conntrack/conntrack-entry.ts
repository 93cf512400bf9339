/** Entries of `pp_conntrack` as they are read by the thousand: a field at a time, straight from their bytes. */
import type { IpAddress } from '@polyplane/core/backend';
import { ADDRESS } from '../layout/address';
import { CONNTRACK, CONNTRACK_KEY, CONNTRACK_KIND } from '../layout/layouts';
import type { TrackedState } from './conntrack-expiry';

const VALUE = offsetsOf(CONNTRACK.struct.fields);
const KEY = offsetsOf(CONNTRACK_KEY.struct.fields);
const ADDRESS_BYTES = 16;
const PORT_BYTES = 2;

/** One entry. */
export class ConntrackEntry {
  constructor(
    readonly key: Buffer,
    readonly value: Buffer,
  ) {}

  get isConnection(): boolean {
    return this.value.readUInt8(VALUE.at('kind')) === CONNTRACK_KIND.connection;
  }

  /** Nanoseconds of the kernel's monotonic clock. */
  get lastSeen(): bigint {
    return this.value.readBigUInt64LE(VALUE.at('last_seen'));
  }

  get state(): TrackedState {
    return { protocol: this.key.readUInt8(KEY.at('protocol')), tcp: this.value.readUInt8(VALUE.at('tcp')) };
  }

  /** Of a translation: the key of the connection that it leads to. */
  get target(): Buffer {
    const at = VALUE.at('target.address');
    return this.value.subarray(at, at + CONNTRACK_KEY.size);
  }

  /** What the sender dialed. */
  get dialed(): { readonly address: IpAddress | undefined; readonly port: number } {
    return {
      address: ADDRESS.read(this.value, VALUE.at('daddr.word')),
      port: this.value.readUInt16BE(VALUE.at('dport')),
    };
  }

  /** Who gets its packets. */
  get receiver(): { readonly address: IpAddress | undefined; readonly port: number } {
    const end = this.value.readUInt8(VALUE.at('initiator')) === 0 ? 1 : 0;
    return {
      address: ADDRESS.read(this.key, KEY.at('address') + end * ADDRESS_BYTES),
      port: this.key.readUInt16BE(KEY.at('port') + end * PORT_BYTES),
    };
  }

  /** Either end has one of these addresses, in the 16 bytes of the layout as text. */
  isOf(addresses: ReadonlySet<string>): boolean {
    return [0, ADDRESS_BYTES].some((at) => addresses.has(this.key.toString('latin1', at, at + ADDRESS_BYTES)));
  }
}

/** The address in the form in which {@link ConntrackEntry.isOf} compares. */
export function addressText(address: IpAddress): string {
  const bytes = Buffer.alloc(ADDRESS_BYTES);
  ADDRESS.write(bytes, 0, address);
  return bytes.toString('latin1');
}

function offsetsOf(fields: readonly { readonly name: string; readonly offset: number }[]) {
  const offsets = new Map(fields.map(({ name, offset }) => [name, offset]));
  return {
    at(name: string): number {
      const offset = offsets.get(name);
      if (offset === undefined) throw new RangeError(`the layout has no field ${name}`);
      return offset;
    },
  };
}
