/** `polyplane status`: what a running node agent is doing. */
import { Command } from 'commander';
import { formatAgentStatus, parseAgentStatus } from '../agent-status';
import { CliError } from '../cli-error';
import { ExitCode } from '../exit-code';
import { type OutputFormat, outputOption, printData } from '../output';

const TIMEOUT_MILLISECONDS = 5000;

export function statusCommand(): Command {
  return new Command('status')
    .option('--address <host:port>', 'the agent’s healthAddress', '127.0.0.1:10266')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async ({ address, output }: { readonly address: string; readonly output: OutputFormat }) => {
      const status = parseAgentStatus(await readStatus(address));
      if (status === undefined) {
        throw new CliError('PP_CLI_AGENT_UNREACHABLE', `what answers at ${address} is no node agent of this version`);
      }
      printData(output, status, () => formatAgentStatus(status));
      process.exitCode = status.isReady ? ExitCode.ok : ExitCode.no;
    });
}

async function readStatus(address: string): Promise<unknown> {
  if (!URL.canParse(`http://${address}/status`)) {
    throw new CliError('PP_CLI_USAGE', `--address ${address} is not HOST:PORT`);
  }
  try {
    const response = await fetch(`http://${address}/status`, { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
    return await response.json();
  } catch (cause) {
    throw new CliError('PP_CLI_AGENT_UNREACHABLE', `no node agent answers at ${address}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** fetch says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
