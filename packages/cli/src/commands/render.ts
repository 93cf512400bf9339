/** `polyplane render`: what a backend would program on a fresh, empty host, in its own terms. */
import { Command, Option } from 'commander';
import { CliError } from '../cli-error';
import { computeNode, readCluster } from '../cluster';
import { loadBackends } from '../load-backends';
import { backendModuleOption, filenameOption, nodeOption } from '../options';
import { printLine } from '../output';

interface RenderOptions {
  readonly filename: readonly string[];
  readonly node: string;
  readonly backend: string;
  readonly backendModule: readonly string[];
}

export function renderCommand(): Command {
  return new Command('render')
    .description('what a backend would program on an empty host, in its own terms; needs no root')
    .addOption(filenameOption())
    .addOption(nodeOption())
    .addOption(new Option('--backend <name>', 'whose terms').makeOptionMandatory())
    .addOption(backendModuleOption())
    .action(async ({ filename, node, backend, backendModule }: RenderOptions) => {
      const dataplane = loadBackends(backendModule).get(backend);
      if (dataplane.render === undefined) {
        throw new CliError(
          'PP_CLI_NOT_RENDERABLE',
          `backend ${backend} cannot say what it would program without its target`,
        );
      }
      const state = computeNode(await readCluster(filename), node);
      printLine(dataplane.render(state.toTransition(1, true)).print());
    });
}
