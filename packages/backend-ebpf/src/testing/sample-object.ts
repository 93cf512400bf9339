/** The small BPF object that the loader's specs load, compiled from `sample.c`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The bytes of `sample.o`. */
export function sampleObject(): Buffer {
  return readFileSync(join(__dirname, 'sample.o'));
}

/** A packet that BPF_PROG_TEST_RUN takes: Ethernet and an IPv4 header of zeros but for its version. */
export function emptyIpv4Packet(bytes = 64): Buffer {
  const packet = Buffer.alloc(bytes);
  packet.writeUInt16BE(0x0800, 12);
  packet.writeUInt8(0x45, 14);
  return packet;
}
