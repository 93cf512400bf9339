/** Many entries of a map by few system calls (BPF_MAP_*_BATCH), one by one where the map's type has no such command. */
import { EbpfError } from '../ebpf-error';
import { BpfAttributes, type BpfResult, bpf, ERRNO, formatErrno } from './bpf-call';
import type { BpfMap } from './map';

/** A key and its value. */
export interface MapEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Entries a call: enough that the call itself costs nothing, few enough that the buffers stay small. */
const BATCH = 4096;
/** Reading a hash wants room for a whole bucket: it asks for more with ENOSPC. */
const LARGEST_BATCH = 1 << 20;

/**
 * Writes entries, whatever was there before. Not one transaction: after an error some of them are in force.
 * @throws EbpfError PP_EBPF_MAP_FULL, PP_EBPF_MAP_FAILED
 */
export function writeEntries(map: BpfMap, entries: readonly MapEntry[]): void {
  for (let first = 0; first < entries.length; first += BATCH) {
    const part = entries.slice(first, first + BATCH);
    const keys = Buffer.concat(part.map(({ key }) => key));
    const values = Buffer.concat(part.map(({ value }) => value));
    const result = bpf('MAP_UPDATE_BATCH', batch(map, keys, values, part.length));
    if (isWithoutBatches(result)) for (const { key, value } of part) map.update(key, value);
    else if (result < 0) throw map.writeFailure(result);
  }
}

/** Deletes entries; a key that is not there is no error. */
export function deleteEntries(map: BpfMap, keys: readonly Buffer[]): void {
  for (let first = 0; first < keys.length; first += BATCH) deletePart(map, keys.slice(first, first + BATCH));
}

/** All entries. What changes meanwhile may be in it or not, and may be in it twice. */
export function* readEntries(map: BpfMap): Iterable<MapEntry> {
  let position: Buffer | undefined;
  let capacity = Math.min(BATCH, Math.max(map.spec.maxEntries, 1));
  for (;;) {
    const read = readPart(map, position, capacity);
    if (read === 'no batches') return yield* readOneByOne(map);
    if (read === 'more room') {
      if (capacity >= LARGEST_BATCH) throw failure(map, -ERRNO.ENOSPC);
      capacity *= 4;
      continue;
    }
    yield* read.entries;
    if (read.isLast) return;
    position = read.next;
  }
}

/** A batch ends at the first key that is not there, and says how many it took: what is left goes on behind that key. */
function deletePart(map: BpfMap, keys: readonly Buffer[]): void {
  let done = 0;
  while (done < keys.length) {
    const rest = keys.slice(done);
    const attributes = batch(map, Buffer.concat(rest), undefined, rest.length);
    const result = bpf('MAP_DELETE_BATCH', attributes);
    if (result >= 0) return;
    if (isWithoutBatches(result)) {
      for (const key of rest) map.delete(key);
      return;
    }
    if (result !== -ERRNO.ENOENT) throw failure(map, result);
    done += attributes.bytes.readUInt32LE(COUNT_OFFSET) + 1;
  }
}

function readPart(map: BpfMap, position: Buffer | undefined, capacity: number) {
  const keys = Buffer.alloc(map.spec.keySize * capacity);
  const values = Buffer.alloc(map.valueBytes * capacity);
  // A hash counts buckets here, other maps keys: room for the larger.
  const next = Buffer.alloc(Math.max(map.spec.keySize, 4));
  const attributes = batch(map, keys, values, capacity).pointer(8, next);
  if (position !== undefined) attributes.pointer(0, position);
  const result = bpf('MAP_LOOKUP_BATCH', attributes);
  if (isWithoutBatches(result)) return 'no batches' as const;
  if (result === -ERRNO.ENOSPC) return 'more room' as const;
  if (result < 0 && result !== -ERRNO.ENOENT) throw failure(map, result);
  const count = attributes.bytes.readUInt32LE(COUNT_OFFSET);
  const entries = Array.from({ length: count }, (_, index) => ({
    key: keys.subarray(index * map.spec.keySize, (index + 1) * map.spec.keySize),
    value: values.subarray(index * map.valueBytes, (index + 1) * map.valueBytes),
  }));
  return { entries, isLast: result === -ERRNO.ENOENT, next };
}

function* readOneByOne(map: BpfMap): Iterable<MapEntry> {
  for (let key = map.nextKey(); key !== undefined; key = map.nextKey(key)) {
    const value = map.lookup(key);
    if (value !== undefined) yield { key, value };
  }
}

/** `batch` in `union bpf_attr`. */
const COUNT_OFFSET = 32;

function batch(map: BpfMap, keys: Buffer, values: Buffer | undefined, count: number): BpfAttributes {
  const attributes = new BpfAttributes().pointer(16, keys).u32(COUNT_OFFSET, count).u32(36, map.fd);
  return values === undefined ? attributes : attributes.pointer(24, values);
}

function isWithoutBatches(result: BpfResult): boolean {
  return result === -ERRNO.EINVAL || result === -ERRNO.ENOTSUPP || result === -ERRNO.EOPNOTSUPP;
}

function failure(map: BpfMap, result: BpfResult): EbpfError {
  const message = `entries of the BPF map ${map.name} could not be read or deleted: ${formatErrno(result)}`;
  return new EbpfError('PP_EBPF_MAP_FAILED', message, { isRetriable: true });
}
