/** The error class of @polyplane/backend-ebpf and the table of its codes. */
import { type CodeTable, DataplaneError, type DataplaneErrorOptions } from '@polyplane/core/backend';

/** Every error code of this backend, with its meaning and remedy. */
export const EBPF_CODES = {
  PP_EBPF_UNUSABLE: {
    kind: 'error',
    meaning: 'This host, or this version of the backend, lacks what the eBPF dataplane needs.',
    remedy: 'Provide what the message names, or choose another backend.',
  },
  PP_EBPF_OBJECT_INVALID: {
    kind: 'error',
    meaning: 'A compiled BPF object is damaged, or is not of the form that this version loads.',
    remedy: 'Install the package again; an object of your own must be compiled with -g for the BPF machine.',
  },
  PP_EBPF_MAP_FAILED: {
    kind: 'error',
    meaning: 'The kernel refused to make, read or write a BPF map.',
    remedy:
      'See the map and the error number that the message names: a right (CAP_BPF), memory, or a kernel feature is missing.',
  },
  PP_EBPF_MAP_FULL: {
    kind: 'error',
    meaning: 'A BPF map has no room for another entry; what was in force stays in force.',
    remedy: 'Raise the size of the map that the message names, or keep fewer objects.',
  },
  PP_EBPF_POLICY_TOO_LARGE: {
    kind: 'error',
    meaning: 'An endpoint has more policy than its BPF programs can hold; what was in force stays in force.',
    remedy: 'Put addresses into network sets and ports into ranges, so that fewer rules say the same.',
  },
  PP_EBPF_PROGRAM_REFUSED: {
    kind: 'error',
    meaning: 'The kernel refused to load a BPF program; the programs before it stay in force.',
    remedy: 'Report the end of the verifier’s log that the message quotes, with the kernel’s version.',
  },
  PP_EBPF_LINK_FAILED: {
    kind: 'error',
    meaning: 'A BPF program could not be attached, replaced or taken off.',
    remedy: 'See the interface or control group and the error number that the message names.',
  },
  PP_EBPF_PIN_FAILED: {
    kind: 'error',
    meaning: 'A BPF object could not be pinned to, or opened from, the BPF file system.',
    remedy: 'Mount the file system: mount -t bpf bpf /sys/fs/bpf.',
  },
  PP_EBPF_READ_FAILED: {
    kind: 'error',
    meaning: 'What the host is or holds could not be read.',
    remedy: 'See the cause; the reconciler tries again.',
  },
  PP_EBPF_OPTION_INVALID: {
    kind: 'error',
    meaning: 'An option of the eBPF backend has a value that it cannot have.',
    remedy: 'Correct the option that the message names.',
  },
  PP_EBPF_RELEASED: {
    kind: 'error',
    meaning: 'A session was used after its release.',
    remedy: 'Open a new session.',
  },
} as const satisfies CodeTable;

/** A row of {@link EBPF_CODES}. */
export type EbpfErrorCode = keyof typeof EBPF_CODES;

/** The error that this backend throws; `code` is a row of {@link EBPF_CODES}. */
export class EbpfError extends DataplaneError<EbpfErrorCode> {
  constructor(code: EbpfErrorCode, message: string, options: DataplaneErrorOptions) {
    super(code, message, options);
  }
}
