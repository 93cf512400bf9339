/** BPF maps: made, pinned, read and written through bpf(2) (kernel documentation, bpf/maps.rst). */
import { closeSync } from 'node:fs';
import { EbpfError } from '../ebpf-error';
import { BpfAttributes, type BpfResult, bpf, ERRNO, formatErrno } from './bpf-call';
import { readMapInfo } from './object-info';
import { openPin, pinObject } from './pin';

/** `BPF_MAP_TYPE_*`. */
export const MAP_TYPE = {
  HASH: 1,
  ARRAY: 2,
  PROG_ARRAY: 3,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  LRU_HASH: 9,
  LPM_TRIE: 11,
  RINGBUF: 27,
} as const;

/** `BPF_F_NO_PREALLOC`: memory is taken for entries that are there. An LPM trie must have it. */
export const NO_PREALLOC = 1;
/** `BPF_F_RDONLY_PROG`: programs may not write the map. */
export const READ_ONLY_FOR_PROGRAMS = 1 << 7;
/** `BPF_F_MMAPABLE`: user space may map an array's values into its memory. */
export const MMAPABLE = 1 << 10;

/** How a map is made. */
export interface MapSpec {
  readonly name: string;
  /** {@link MAP_TYPE}. */
  readonly type: number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes of a value, of one processor where each has its own. */
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** The kernel's BTF object that describes key and value, and the types in it. Absent: none. */
  readonly btf?: { readonly fd: number; readonly keyType: number; readonly valueType: number };
}

/** What is asked of a write: put in any case, add only, replace only (`BPF_ANY`, `BPF_NOEXIST`, `BPF_EXIST`). */
export type WriteMode = 'any' | 'add' | 'replace';

const WRITE_FLAGS: Readonly<Record<WriteMode, number>> = { any: 0, add: 1, replace: 2 };
/** Values of maps with a value a processor are rounded up to this. */
const PER_CPU_ALIGNMENT = 8;
const PER_CPU_TYPES: ReadonlySet<number> = new Set([MAP_TYPE.PERCPU_HASH, MAP_TYPE.PERCPU_ARRAY]);

/** A map that this process holds open. Keys and values are bytes, in the layout of the C programs. */
export class BpfMap {
  private isOpen = true;
  /** Bytes of a value as user space reads and writes it. */
  readonly valueBytes: number;

  private constructor(
    readonly fd: number,
    readonly spec: Omit<MapSpec, 'btf'>,
    possibleProcessors: number,
  ) {
    this.valueBytes = PER_CPU_TYPES.has(spec.type)
      ? Math.ceil(spec.valueSize / PER_CPU_ALIGNMENT) * PER_CPU_ALIGNMENT * possibleProcessors
      : spec.valueSize;
  }

  /** @throws EbpfError PP_EBPF_MAP_FAILED */
  static create(spec: MapSpec, possibleProcessors: number): BpfMap {
    const attributes = new BpfAttributes()
      .u32(0, spec.type)
      .u32(4, spec.keySize)
      .u32(8, spec.valueSize)
      .u32(12, spec.maxEntries)
      .u32(16, spec.flags)
      .name(28, spec.name);
    if (spec.btf !== undefined) {
      attributes.u32(48, spec.btf.fd).u32(52, spec.btf.keyType).u32(56, spec.btf.valueType);
    }
    const fd = bpf('MAP_CREATE', attributes);
    if (fd < 0) throw failure(spec.name, 'could not be made', fd);
    return new BpfMap(fd, spec, possibleProcessors);
  }

  /**
   * Opens a pinned map; undefined when nothing is pinned there.
   * @throws EbpfError PP_EBPF_PIN_FAILED
   */
  static openPinned(path: string, possibleProcessors: number): BpfMap | undefined {
    const fd = openPin(path);
    return fd === undefined ? undefined : new BpfMap(fd, readMapInfo(fd), possibleProcessors);
  }

  get name(): string {
    return this.spec.name;
  }

  /** The value, or undefined where the map has no such key. */
  lookup(key: Buffer): Buffer | undefined {
    const value = Buffer.alloc(this.valueBytes);
    const result = bpf('MAP_LOOKUP_ELEM', this.element(key).pointer(16, value));
    if (result === -ERRNO.ENOENT) return undefined;
    if (result < 0) throw failure(this.name, 'could not be read', result);
    return value;
  }

  /** @throws EbpfError PP_EBPF_MAP_FULL when there is no room, PP_EBPF_MAP_FAILED else */
  update(key: Buffer, value: Buffer, mode: WriteMode = 'any'): void {
    this.assertValue(value, 1);
    const attributes = this.element(key).pointer(16, value).u64(24, BigInt(WRITE_FLAGS[mode]));
    const result = bpf('MAP_UPDATE_ELEM', attributes);
    if (result < 0) throw this.writeFailure(result);
  }

  /** False: there was no such key. */
  delete(key: Buffer): boolean {
    const result = bpf('MAP_DELETE_ELEM', this.element(key));
    if (result === -ERRNO.ENOENT) return false;
    if (result < 0) throw failure(this.name, 'could not be changed', result);
    return true;
  }

  /** The key after this one, in the map's own order; the first where none is given or it is not there; undefined after the last. */
  nextKey(key?: Buffer): Buffer | undefined {
    const next = Buffer.alloc(this.spec.keySize);
    const attributes = new BpfAttributes().u32(0, this.fd).pointer(16, next);
    const result = bpf('MAP_GET_NEXT_KEY', key === undefined ? attributes : attributes.pointer(8, key));
    if (result === -ERRNO.ENOENT) return undefined;
    if (result < 0) throw failure(this.name, 'could not be read', result);
    return next;
  }

  /** Nobody in user space writes the map from now on. */
  freeze(): void {
    const result = bpf('MAP_FREEZE', new BpfAttributes().u32(0, this.fd));
    if (result < 0) throw failure(this.name, 'could not be frozen', result);
  }

  /** @throws EbpfError PP_EBPF_PIN_FAILED */
  pin(path: string): void {
    pinObject(this.fd, path);
  }

  close(): void {
    if (this.isOpen) closeSync(this.fd);
    this.isOpen = false;
  }

  /** @throws EbpfError for a failed write: a full map has a code of its own */
  writeFailure(result: BpfResult): EbpfError {
    if (result !== -ERRNO.E2BIG && result !== -ERRNO.ENOSPC) return failure(this.name, 'could not be written', result);
    const message = `the BPF map ${this.name} is full: it holds ${this.spec.maxEntries} entries at the most`;
    return new EbpfError('PP_EBPF_MAP_FULL', message, { isRetriable: false });
  }

  private element(key: Buffer): BpfAttributes {
    if (key.length !== this.spec.keySize) {
      throw new RangeError(`a key of the BPF map ${this.name} has ${this.spec.keySize} bytes, not ${key.length}`);
    }
    return new BpfAttributes().u32(0, this.fd).pointer(8, key);
  }

  private assertValue(value: Buffer, count: number): void {
    if (value.length === this.valueBytes * count) return;
    throw new RangeError(`a value of the BPF map ${this.name} has ${this.valueBytes} bytes, not ${value.length}`);
  }
}

function failure(map: string, what: string, result: BpfResult): EbpfError {
  return new EbpfError('PP_EBPF_MAP_FAILED', `the BPF map ${map} ${what}: ${formatErrno(result)}`, {
    isRetriable: result === -ERRNO.EAGAIN || result === -ERRNO.EBUSY || result === -ERRNO.ENOMEM,
  });
}
