/** Bytes of packets: addresses and the Internet checksum (RFC 1071). */
import { addressBits, parseIpAddress } from '@polyplane/core/backend';

export function isAddressOfSix(address: string): boolean {
  return address.includes(':');
}

/** In network order, 4 or 16 bytes. */
export function writeAddress(target: Buffer, address: string, offset: number): void {
  const digits = isAddressOfSix(address) ? 32 : 8;
  Buffer.from(addressBits(parseIpAddress(address)).toString(16).padStart(digits, '0'), 'hex').copy(target, offset);
}

/** The address that stands at `offset`, in its canonical text. */
export function readAddress(source: Buffer, offset: number, bytes: 4 | 16): string {
  if (bytes === 4) return source.subarray(offset, offset + bytes).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => source.readUInt16BE(offset + index * 2).toString(16));
  return parseIpAddress(groups.join(':'));
}

/** What makes the sum of all 16-bit words all ones; 0 over bytes whose checksum is right. */
export function checksumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
