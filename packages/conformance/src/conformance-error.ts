/** The error class of @polyplane/conformance and the table of its codes. */
import { CodedError, type CodeTable } from '@polyplane/core';

/** Every error code of this package, with its meaning and remedy. */
export const CONFORMANCE_CODES = {
  PP_SUITE_UNREADABLE: {
    kind: 'error',
    meaning: 'A suite file or folder cannot be read.',
    remedy: 'Check that the path exists and may be read.',
  },
  PP_SUITE_SYNTAX: {
    kind: 'error',
    meaning: 'A suite file is not valid YAML or JSON.',
    remedy: 'Correct the file at the line that the message names.',
  },
  PP_SUITE_INVALID: {
    kind: 'error',
    meaning: 'A suite has a field that is missing, unknown or of the wrong form.',
    remedy: 'Correct the field that the message names; the form of a suite is documented with the suites.',
  },
  PP_SUITE_OBJECT_INVALID: {
    kind: 'error',
    meaning: 'A cluster object in a suite breaks its API’s rules, so that the suite would not test what it says.',
    remedy: 'Correct the object at the line that the message names.',
  },
  PP_SUITE_OBJECT_UNKNOWN_KIND: {
    kind: 'diagnostic',
    meaning: 'A suite has a cluster object of a kind that this version does not know; its probes are skipped.',
    remedy: 'Leave the object out if it says nothing about the network.',
  },
  PP_SUITE_NOT_SENDABLE: {
    kind: 'diagnostic',
    meaning:
      'The prober or this kernel cannot send packets of the protocol or from the source that a probe names; the probe is skipped.',
    remedy: 'Run the suite on the simulator.',
  },
  PP_SUITE_NOT_OBSERVABLE: {
    kind: 'diagnostic',
    meaning: 'A probe expects something that cannot be seen in packets; the probe is skipped.',
    remedy: 'Run the suite on the simulator.',
  },
  PP_TESTBED_UNSUPPORTED: {
    kind: 'error',
    meaning: 'This host cannot make network namespaces.',
    remedy: 'Run as root on Linux with iproute2 installed, or use the simulator.',
  },
  PP_TESTBED_FAILED: {
    kind: 'error',
    meaning: 'The network of namespaces could not be made or changed.',
    remedy: 'See the message of the command that failed.',
  },
  PP_TESTBED_UNKNOWN_HOST: {
    kind: 'error',
    meaning: 'A probe or change names a pod, node or outside machine that the testbed does not have.',
    remedy: 'Use one of the names of the testbed’s topology.',
  },
  PP_TESTBED_SYSTEM_CALL: {
    kind: 'error',
    meaning: 'The kernel refused a system call of the prober.',
    remedy: 'See the call and the error number in the message.',
  },
} as const satisfies CodeTable;

/** A row of {@link CONFORMANCE_CODES}. */
export type ConformanceErrorCode = keyof typeof CONFORMANCE_CODES;

/** Where in a suite file something is wrong. */
export interface SuitePosition {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** The error that this package throws; `code` is a row of {@link CONFORMANCE_CODES}. */
export class ConformanceError extends CodedError<ConformanceErrorCode> {
  /** Present for errors in a suite file; the message begins with it. */
  readonly position: SuitePosition | undefined;

  constructor(
    code: ConformanceErrorCode,
    message: string,
    options?: { readonly cause?: unknown; readonly position?: SuitePosition },
  ) {
    const position = options?.position;
    super(code, position === undefined ? message : `${position.file}:${position.line}: ${message}`, options);
    this.position = position;
  }
}
