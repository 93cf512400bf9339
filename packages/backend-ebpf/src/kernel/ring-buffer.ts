/** Reads events from a BPF ring buffer (kernel documentation, bpf/ringbuf.rst): memory that the kernel writes and this process reads. */
import koffi from 'koffi';
import { EbpfError } from '../ebpf-error';
import type { BpfMap } from './map';

const PAGE_BYTES = 4096;
const RECORD_HEADER_BYTES = 8;
/** Set in a record's length while the program still writes it. */
const BUSY = 0x80000000;
/** Set in a record's length when the program thought better of it. */
const DISCARDED = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
// sys/mman.h
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;

/** A mapped ring buffer. One reader alone may drain it. */
export class RingBuffer {
  /** How far the reader is; the kernel looks here for room. */
  private readonly consumer: BigUint64Array;
  /** How far the kernel is. */
  private readonly producer: BigUint64Array;
  /** The data twice in a row, so that no record has a break in it. */
  private readonly data: Buffer;
  private readonly mask: number;
  private isOpen = true;

  private constructor(
    private readonly size: number,
    private readonly consumerPage: unknown,
    private readonly dataPages: unknown,
  ) {
    this.consumer = new BigUint64Array(koffi.view(consumerPage, PAGE_BYTES), 0, 1);
    const view = koffi.view(dataPages, PAGE_BYTES + 2 * size);
    this.producer = new BigUint64Array(view, 0, 1);
    this.data = Buffer.from(view, PAGE_BYTES, 2 * size);
    this.mask = size - 1;
  }

  /** @throws EbpfError PP_EBPF_MAP_FAILED when the memory cannot be mapped */
  static open(map: BpfMap): RingBuffer {
    const size = map.spec.maxEntries;
    const consumerPage = mapMemory(map, PAGE_BYTES, PROT_READ | PROT_WRITE, 0);
    try {
      return new RingBuffer(size, consumerPage, mapMemory(map, PAGE_BYTES + 2 * size, PROT_READ, PAGE_BYTES));
    } catch (error) {
      memory().munmap(consumerPage, PAGE_BYTES);
      throw error;
    }
  }

  /**
   * Hands every record that is complete to `onRecord`, in the order of their reservation, at most `limit` of them. The bytes are valid
   * during the call alone. How many there were.
   */
  drain(onRecord: (record: Buffer) => void, limit = Number.POSITIVE_INFINITY): number {
    if (!this.isOpen) return 0;
    let count = 0;
    let position = Atomics.load(this.consumer, 0);
    while (count < limit && position < Atomics.load(this.producer, 0)) {
      const start = Number(position) & this.mask;
      const length = this.data.readUInt32LE(start);
      if ((length & BUSY) !== 0) break;
      const bytes = length & LENGTH_MASK;
      if ((length & DISCARDED) === 0) {
        onRecord(this.data.subarray(start + RECORD_HEADER_BYTES, start + RECORD_HEADER_BYTES + bytes));
        count += 1;
      }
      position += BigInt((RECORD_HEADER_BYTES + bytes + 7) & ~7);
      Atomics.store(this.consumer, 0, position);
    }
    return count;
  }

  /** Unmaps the memory. Nothing is read from it after this. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    memory().munmap(this.consumerPage, PAGE_BYTES);
    memory().munmap(this.dataPages, PAGE_BYTES + 2 * this.size);
  }
}

function mapMemory(map: BpfMap, bytes: number, protection: number, offset: number): unknown {
  const address = memory().mmap(null, bytes, protection, MAP_SHARED, map.fd, offset);
  // MAP_FAILED is the address of all ones.
  if (address !== null && koffi.address(address) !== 0xffff_ffff_ffff_ffffn) return address;
  const message = `the ring buffer ${map.name} could not be mapped: error number ${koffi.errno()}`;
  throw new EbpfError('PP_EBPF_MAP_FAILED', message, { isRetriable: false });
}

let loaded: ReturnType<typeof loadMemory> | undefined;

function memory() {
  loaded ??= loadMemory();
  return loaded;
}

function loadMemory() {
  const library = koffi.load(null);
  return {
    mmap: library.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)'),
    munmap: library.func('int munmap(void *address, size_t length)'),
  };
}
