/** `polyplane run`: the node agent. */
import { Command } from 'commander';
import { runAgentDaemon } from '../agent-daemon';
import { loadBackends } from '../load-backends';
import { readNodeAgentConfiguration } from '../node-agent-configuration';
import { backendModuleOption } from '../options';

interface RunOptions {
  readonly config: string;
  readonly backendModule: readonly string[];
}

export function runCommand(): Command {
  return new Command('run')
    .requiredOption('--config <file>', 'a NodeAgentConfiguration')
    .addOption(backendModuleOption())
    .action(({ config, backendModule }: RunOptions) =>
      runAgentDaemon(readNodeAgentConfiguration(config, loadBackends(backendModule)), backendModule),
    );
}
