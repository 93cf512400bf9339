/** The error class of @polyplane/backend-vpp and the table of its codes. */
import { type CodeTable, DataplaneError, type DataplaneErrorOptions } from '@polyplane/core/backend';

/** Every error code of this backend, with its meaning and remedy. */
export const VPP_CODES = {
  PP_VPP_UNUSABLE: {
    kind: 'error',
    meaning: 'VPP does not run on this host, or this version of the backend lacks what it needs.',
    remedy: 'Provide what the message names, or choose another backend.',
  },
} as const satisfies CodeTable;

/** A row of {@link VPP_CODES}. */
export type VppErrorCode = keyof typeof VPP_CODES;

/** The error that this backend throws; `code` is a row of {@link VPP_CODES}. */
export class VppError extends DataplaneError<VppErrorCode> {
  constructor(code: VppErrorCode, message: string, options: DataplaneErrorOptions) {
    super(code, message, options);
  }
}
