/** The error for a command that could not say what is in force. */

import type { CommandResult } from '@polyplane/linux';
import { IptablesError } from '../iptables-error';

export function readError(command: string, result: CommandResult): IptablesError {
  return new IptablesError('PP_IPTABLES_READ_FAILED', `${command} ended with ${result.exitCode}: ${result.stderr}`, {
    isRetriable: true,
  });
}
