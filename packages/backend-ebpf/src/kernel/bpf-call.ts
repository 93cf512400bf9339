/** The system call bpf(2), synchronous and on the calling thread (linux/bpf.h, man 2 bpf). */
import koffi from 'koffi';

/** Commands of bpf(2) that this backend gives. */
export const BPF_COMMAND = {
  MAP_CREATE: 0,
  MAP_LOOKUP_ELEM: 1,
  MAP_UPDATE_ELEM: 2,
  MAP_DELETE_ELEM: 3,
  MAP_GET_NEXT_KEY: 4,
  PROG_LOAD: 5,
  OBJ_PIN: 6,
  OBJ_GET: 7,
  PROG_DETACH: 9,
  PROG_TEST_RUN: 10,
  PROG_GET_FD_BY_ID: 13,
  MAP_GET_FD_BY_ID: 14,
  OBJ_GET_INFO_BY_FD: 15,
  PROG_QUERY: 16,
  BTF_LOAD: 18,
  MAP_FREEZE: 22,
  MAP_LOOKUP_BATCH: 24,
  MAP_UPDATE_BATCH: 26,
  MAP_DELETE_BATCH: 27,
  LINK_CREATE: 28,
  LINK_UPDATE: 29,
  LINK_GET_FD_BY_ID: 30,
  LINK_GET_NEXT_ID: 31,
  LINK_DETACH: 34,
} as const;

/** A row of {@link BPF_COMMAND}. */
export type BpfCommand = keyof typeof BPF_COMMAND;

/** Error numbers of Linux (asm-generic/errno-base.h, errno.h) that callers tell apart. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENOLINK: 67,
  ENOTSUPP: 524,
  EOPNOTSUPP: 95,
} as const;

/** A result, or the negated error number: the kernel's own convention. */
export type BpfResult = number;

/** `union bpf_attr` of the newest kernel that this knows; what a call does not set stays zero, as every kernel demands. */
const ATTRIBUTE_BYTES = 152;
/** The number of bpf(2) on the architectures that this backend runs on (asm/unistd.h). */
const CALL_NUMBER: Readonly<Partial<Record<string, number>>> = { x64: 321, arm64: 280 };

/** The attributes of one call, by their offsets in `union bpf_attr`. Buffers that it points to live as long as it does. */
export class BpfAttributes {
  readonly bytes = Buffer.alloc(ATTRIBUTE_BYTES);
  private readonly kept: Buffer[] = [];

  u32(offset: number, value: number): this {
    this.bytes.writeUInt32LE(value >>> 0, offset);
    return this;
  }

  u64(offset: number, value: bigint): this {
    this.bytes.writeBigUInt64LE(value, offset);
    return this;
  }

  /** Sets a pointer; the kernel reads and writes the buffer in place. */
  pointer(offset: number, target: Buffer): this {
    this.kept.push(target);
    return this.u64(offset, addressOf(target));
  }

  /** A name of at most 15 characters; what the kernel does not take in names becomes `_`. */
  name(offset: number, name: string): this {
    this.bytes.write(name.slice(0, 15).replace(/[^A-Za-z0-9_.]/g, '_'), offset, 'latin1');
    return this;
  }
}

/** The address of a buffer's first byte; the buffer must outlive every use of it. */
export function addressOf(buffer: Buffer): bigint {
  return buffer.length === 0 ? 0n : koffi.address(buffer);
}

/** Carries out a command. */
export function bpf(command: BpfCommand, attributes: BpfAttributes): BpfResult {
  const number = CALL_NUMBER[process.arch];
  if (number === undefined || process.platform !== 'linux') return -ERRNO.EOPNOTSUPP;
  const result = systemCall()(number, BPF_COMMAND[command], attributes.bytes, ATTRIBUTE_BYTES);
  return result < 0 ? -koffi.errno() : result;
}

/** `EINVAL`, or `error number 38` for one that has no name here. */
export function formatErrno(result: BpfResult): string {
  return Object.entries(ERRNO).find(([, number]) => number === -result)?.[0] ?? `error number ${-result}`;
}

type SystemCall = (number: number, command: number, attributes: Buffer, size: number) => number;

let loaded: SystemCall | undefined;

/** Loaded at the first call, so that reading an object or its limits needs no C library. */
function systemCall(): SystemCall {
  loaded ??= koffi.load(null).func('int64_t syscall(int64_t number, int64_t command, void *attributes, uint64_t size)');
  return loaded as SystemCall;
}
