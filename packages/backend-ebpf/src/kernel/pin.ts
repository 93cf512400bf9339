/** Pins: BPF objects that outlive the process, as files of the BPF file system. */
import { EbpfError } from '../ebpf-error';
import { BpfAttributes, bpf, ERRNO, formatErrno } from './bpf-call';

/** @throws EbpfError PP_EBPF_PIN_FAILED also where something is pinned there already */
export function pinObject(fd: number, path: string): void {
  const result = bpf('OBJ_PIN', new BpfAttributes().pointer(0, pathBytes(path)).u32(8, fd));
  if (result < 0) throw failure(path, 'pinned', result);
}

/**
 * The descriptor of what is pinned there; undefined when nothing is.
 * @throws EbpfError PP_EBPF_PIN_FAILED
 */
export function openPin(path: string): number | undefined {
  const result = bpf('OBJ_GET', new BpfAttributes().pointer(0, pathBytes(path)));
  if (result === -ERRNO.ENOENT) return undefined;
  if (result < 0) throw failure(path, 'opened', result);
  return result;
}

function pathBytes(path: string): Buffer {
  return Buffer.from(`${path}\0`, 'utf8');
}

function failure(path: string, what: string, result: number): EbpfError {
  return new EbpfError('PP_EBPF_PIN_FAILED', `${path} could not be ${what}: ${formatErrno(result)}`, {
    isRetriable: false,
  });
}
