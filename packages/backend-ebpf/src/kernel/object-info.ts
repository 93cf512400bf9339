/** What the kernel tells of a BPF object (BPF_OBJ_GET_INFO_BY_FD). */
import { EbpfError } from '../ebpf-error';
import { BpfAttributes, bpf, formatErrno } from './bpf-call';

/** `struct bpf_map_info`, as far as it is used. */
export interface MapInfo {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/** `struct bpf_prog_info`, as far as it is used. */
export interface ProgramInfo {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  /** A hash of the instructions as they were loaded. */
  readonly tag: string;
}

/** `struct bpf_link_info`, as far as it is used. */
export interface LinkInfo {
  readonly id: number;
  readonly programId: number;
  /** `BPF_LINK_TYPE_*`. */
  readonly type: number;
  /** Of a link to an interface: its index, 0 once the interface is gone. */
  readonly ifindex: number;
}

const INFO_BYTES = 256;

/** @throws EbpfError PP_EBPF_MAP_FAILED */
export function readMapInfo(fd: number): MapInfo {
  const info = readInfo(fd, 'map');
  return {
    type: info.readUInt32LE(0),
    id: info.readUInt32LE(4),
    keySize: info.readUInt32LE(8),
    valueSize: info.readUInt32LE(12),
    maxEntries: info.readUInt32LE(16),
    flags: info.readUInt32LE(20),
    name: nameAt(info, 24),
  };
}

/** @throws EbpfError PP_EBPF_MAP_FAILED */
export function readProgramInfo(fd: number): ProgramInfo {
  const info = readInfo(fd, 'program');
  return {
    type: info.readUInt32LE(0),
    id: info.readUInt32LE(4),
    tag: info.toString('hex', 8, 16),
    name: nameAt(info, 64),
  };
}

/** @throws EbpfError PP_EBPF_MAP_FAILED */
export function readLinkInfo(fd: number): LinkInfo {
  const info = readInfo(fd, 'link');
  return {
    type: info.readUInt32LE(0),
    id: info.readUInt32LE(4),
    programId: info.readUInt32LE(8),
    ifindex: info.readUInt32LE(16),
  };
}

function readInfo(fd: number, what: string): Buffer {
  const info = Buffer.alloc(INFO_BYTES);
  const result = bpf('OBJ_GET_INFO_BY_FD', new BpfAttributes().u32(0, fd).u32(4, INFO_BYTES).pointer(8, info));
  if (result >= 0) return info;
  throw new EbpfError('PP_EBPF_MAP_FAILED', `a BPF ${what} tells nothing of itself: ${formatErrno(result)}`, {
    isRetriable: false,
  });
}

function nameAt(info: Buffer, offset: number): string {
  return info.toString('latin1', offset, info.indexOf(0, offset));
}
