/** The error class of @polyplane/backend-ebpf and the table of its codes. */
import { type CodeTable, DataplaneError, type DataplaneErrorOptions } from '@polyplane/core/backend';

/** Every error code of this backend, with its meaning and remedy. */
export const EBPF_CODES = {
  PP_EBPF_UNUSABLE: {
    kind: 'error',
    meaning: 'This host, or this version of the backend, lacks what the eBPF dataplane needs.',
    remedy: 'Provide what the message names, or choose another backend.',
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
