/** The error class of @polyplane/linux and the table of its codes. */
import { CodedError, type CodeTable } from '@polyplane/core/address';

/** Every error code of this package, with its meaning and remedy. */
export const LINUX_CODES = {
  PP_LINUX_NOT_PERMITTED: {
    kind: 'error',
    meaning: 'This process may not make a network namespace or write a kernel setting.',
    remedy: 'Run as root (CAP_SYS_ADMIN, CAP_NET_ADMIN), with a writable /proc/sys.',
  },
  PP_LINUX_COMMAND_MISSING: {
    kind: 'error',
    meaning: 'A command of this host could not be started.',
    remedy: 'Install the package of the command that the message names (iproute2, conntrack).',
  },
  PP_LINUX_COMMAND_TIMEOUT: {
    kind: 'error',
    meaning: 'A command did not end in time and was stopped.',
    remedy: 'Nothing need be done when it is rare: who called it tries again.',
  },
  PP_LINUX_COMMAND_FAILED: {
    kind: 'error',
    meaning: 'A command of this host refused what it was asked.',
    remedy: 'See what the command said in the message.',
  },
  PP_LINUX_SYSTEM_CALL: {
    kind: 'error',
    meaning: 'The kernel refused a system call.',
    remedy: 'See the call and the error number in the message.',
  },
  PP_LINUX_LINK_DOWN: {
    kind: 'error',
    meaning: 'A network interface does not come up.',
    remedy: 'See whether both ends of the link are there and up.',
  },
} as const satisfies CodeTable;

/** A row of {@link LINUX_CODES}. */
export type LinuxErrorCode = keyof typeof LINUX_CODES;

/** The error that this package throws; `code` is a row of {@link LINUX_CODES}. */
export class LinuxError extends CodedError<LinuxErrorCode> {
  constructor(code: LinuxErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(code, message, options);
  }
}
