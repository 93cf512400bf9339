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
    .description(
      'the node agent: puts a cluster’s services and policies in force on this node until it is told to stop',
    )
    .requiredOption('--config <file>', 'a NodeAgentConfiguration')
    .addOption(backendModuleOption())
    .action(({ config, backendModule }: RunOptions) =>
      runAgentDaemon(readNodeAgentConfiguration(config, loadBackends(backendModule)), backendModule),
    );
}
