/** Errors of the kernel below the testbed, told as the testbed's own. */
import { LinuxError, type LinuxErrorCode } from '@polyplane/linux';
import { ConformanceError, type ConformanceErrorCode } from '../conformance-error';

/** What an error of Linux means to who uses a testbed. */
const MEANINGS: Readonly<Record<LinuxErrorCode, ConformanceErrorCode>> = {
  PP_LINUX_NOT_PERMITTED: 'PP_TESTBED_UNSUPPORTED',
  PP_LINUX_COMMAND_MISSING: 'PP_TESTBED_UNSUPPORTED',
  PP_LINUX_COMMAND_TIMEOUT: 'PP_TESTBED_FAILED',
  PP_LINUX_COMMAND_FAILED: 'PP_TESTBED_FAILED',
  PP_LINUX_LINK_DOWN: 'PP_TESTBED_FAILED',
  PP_LINUX_SYSTEM_CALL: 'PP_TESTBED_SYSTEM_CALL',
};

/** Runs code of the testbed that asks the kernel. @throws ConformanceError in place of every LinuxError */
export function inTestbed<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw asTestbedError(error);
  }
}

/** The same error, unless it is one of Linux. */
export function asTestbedError(error: unknown): unknown {
  return error instanceof LinuxError
    ? new ConformanceError(MEANINGS[error.code], error.message, { cause: error })
    : error;
}
