/** `polyplane render`: what a backend would program on a fresh, empty host, in its own terms. */
import { Command, Option } from 'commander';
import type { LimitChoice } from '@polyplane/core';
import { acceptedState, warnOfLimits } from '../accepted-state';
import { CliError } from '../cli-error';
import { computeNode, readCluster } from '../cluster';
import { addClusterInput, type ClusterInput } from '../cluster-input';
import { loadBackends } from '../load-backends';
import { backendModuleOption, featureGatesOption, nodeOption, profileOption } from '../options';
import { printLine } from '../output';

interface RenderOptions extends LimitChoice, ClusterInput {
  readonly node: string;
  readonly backend: string;
  readonly backendModule: readonly string[];
}

export function renderCommand(): Command {
  return addClusterInput(new Command('render'))
    .addOption(nodeOption().makeOptionMandatory())
    .addOption(new Option('--backend <name>', 'whose terms').makeOptionMandatory())
    .addOption(backendModuleOption())
    .addOption(profileOption())
    .addOption(featureGatesOption())
    .action(async ({ node, backend, backendModule, ...choice }: RenderOptions) => {
      const registry = loadBackends(backendModule);
      const dataplane = registry.get(backend);
      registry.requireFeatureGates(choice.featureGates ?? {});
      if (dataplane.render === undefined) {
        throw new CliError(
          'PP_CLI_NOT_RENDERABLE',
          `backend ${backend} cannot say what it would program without its target`,
        );
      }
      const desired = computeNode(await readCluster(choice), node);
      const { state, diagnostics } = acceptedState(dataplane, desired, choice);
      warnOfLimits(backend, diagnostics);
      printLine(dataplane.render(state.toTransition(1, true)).print());
    });
}
