/** The error class of @polyplane/backend-vpp and the table of its codes. */
import { type CodeTable, DataplaneError, type DataplaneErrorOptions } from '@polyplane/core/backend';

/** Every error code of this backend, with its meaning and remedy. */
export const VPP_CODES = {
  PP_VPP_UNUSABLE: {
    kind: 'error',
    meaning: 'VPP does not run on this host, or this version of the backend lacks what it needs.',
    remedy: 'Provide what the message names, or choose another backend.',
  },
  PP_VPP_API_DEFINITION: {
    kind: 'error',
    meaning: 'A definition of VPP’s API is not of the form that VPP’s own files have.',
    remedy: 'Hand in the .api.json files of the VPP that runs, unchanged.',
  },
  PP_VPP_API_MESSAGE_UNKNOWN: {
    kind: 'error',
    meaning: 'VPP does not have a message, or has it in another form than the definition that is used.',
    remedy: 'Load the plugin that the message belongs to, or use the .api.json files of the VPP that runs.',
  },
  PP_VPP_API_VALUE: {
    kind: 'error',
    meaning: 'A value does not fit the field of the message that it is for; nothing was sent.',
    remedy: 'See the message and the field that are named.',
  },
  PP_VPP_API_REPLY: {
    kind: 'error',
    meaning: 'VPP sent something that cannot be read.',
    remedy:
      'Nothing need be done when it is rare: the connection is made anew. Else VPP and its definition do not belong together.',
  },
  PP_VPP_API_REFUSED: {
    kind: 'error',
    meaning: 'VPP refused a request.',
    remedy: 'See the request and VPP’s own error number in the message.',
  },
  PP_VPP_TIMEOUT: {
    kind: 'error',
    meaning: 'VPP did not answer in time.',
    remedy: 'Nothing need be done when it is rare: it is tried again. Else see whether VPP’s main thread is busy.',
  },
  PP_VPP_BUSY: {
    kind: 'error',
    meaning: 'More requests wait for VPP than this process keeps; the request was not sent.',
    remedy: 'Wait for answers before more is asked, or raise the number of requests that may wait.',
  },
  PP_VPP_LOST: {
    kind: 'error',
    meaning: 'There is no connection to VPP, or it ended before the answer came.',
    remedy: 'See whether VPP runs; it is tried again until it answers.',
  },
} as const satisfies CodeTable;

/** A row of {@link VPP_CODES}. */
export type VppErrorCode = keyof typeof VPP_CODES;

/** Beside what every dataplane's errors carry. */
export interface VppErrorOptions extends DataplaneErrorOptions {
  /** VPP's own error number (vnet/error.h), negative; of a request that it refused. */
  readonly retval?: number;
}

/** The error that this backend throws; `code` is a row of {@link VPP_CODES}. */
export class VppError extends DataplaneError<VppErrorCode> {
  readonly retval: number | undefined;

  constructor(code: VppErrorCode, message: string, options: VppErrorOptions) {
    super(code, message, options);
    this.retval = options.retval;
  }
}
