/** `polyplane status`: what a running node agent is doing. */
import { Command, Option } from 'commander';
import { asyncScheduler } from 'rxjs';
import { formatAgentStatus } from '../agent-status';
import { awaitReady } from '../await-ready';
import { CliError } from '../cli-error';
import { ExitCode } from '../exit-code';
import { type OutputFormat, outputOption, printData } from '../output';
import { readAgentStatus } from '../read-agent-status';

interface StatusOptions {
  readonly address: string;
  /** Seconds. True: as long as is usual. */
  readonly wait?: number | true;
  readonly output: OutputFormat;
}

const USUAL_WAIT_SECONDS = 60;

export function statusCommand(): Command {
  return new Command('status')
    .option('--address <host:port>', 'the agent’s healthAddress', '127.0.0.1:10266')
    .addOption(
      new Option(
        '--wait [seconds]',
        `ask until it is ready, no longer than this (default: ${USUAL_WAIT_SECONDS})`,
      ).argParser(parseSeconds),
    )
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async ({ address, wait, output }: StatusOptions) => {
      const read = () => readAgentStatus(address);
      const status =
        wait === undefined
          ? await read()
          : await awaitReady(read, wait === true ? USUAL_WAIT_SECONDS : wait, asyncScheduler);
      printData(output, status, () => formatAgentStatus(status));
      process.exitCode = status.isReady ? ExitCode.ok : ExitCode.no;
    });
}

function parseSeconds(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new CliError('PP_CLI_USAGE', `--wait: ${JSON.stringify(text.slice(0, 80))} is no number of seconds`);
}
