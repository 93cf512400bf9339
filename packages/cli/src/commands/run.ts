/** `polyplane run`: the node agent. */
import { Command, Option } from 'commander';
import { runAgentDaemon } from '../agent-daemon';
import { LOG_LEVELS, type LogLevel } from '../agent-log';
import { knownBackends } from '../load-backends';
import { readNodeAgentConfiguration } from '../node-agent-configuration';
import { backendModuleOption } from '../options';

interface RunOptions {
  readonly config: string;
  readonly backendModule: readonly string[];
  readonly logLevel: LogLevel;
}

export function runCommand(): Command {
  return new Command('run')
    .requiredOption('--config <file>', 'a NodeAgentConfiguration')
    .addOption(backendModuleOption())
    .addOption(
      new Option('--log-level <level>', 'what is logged: this and all that is more important')
        .choices(LOG_LEVELS)
        .default('info' satisfies LogLevel),
    )
    .action(({ config, backendModule, logLevel }: RunOptions) =>
      runAgentDaemon(readNodeAgentConfiguration(config, knownBackends(backendModule)), backendModule, logLevel),
    );
}
