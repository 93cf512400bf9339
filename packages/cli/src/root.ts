/** What needs root says so in one line. */
import { CliError } from './cli-error';

/** @throws CliError PP_CLI_HOST_UNABLE when the process is not root's; `what` begins the message */
export function requireRoot(what: string, userId: number | undefined = process.getuid?.()): void {
  if (userId === 0) return;
  throw new CliError(
    'PP_CLI_HOST_UNABLE',
    `${what} needs root: run it with sudo, or in a container that may program the network`,
  );
}
