/** `polyplane diff`: what is in force on this node, against what would be. */
import { Command, Option } from 'commander';
import type { DataplaneBackend, NodeContext, Transition } from '@polyplane/core';
import { acceptedState, warnOfLimits } from '../accepted-state';
import { type AgentChoice, readAgentChoice } from '../agent-choice';
import { CliError } from '../cli-error';
import { computeNode, readCluster, readClusterAsAgent } from '../cluster';
import { addClusterInput, type ClusterInput } from '../cluster-input';
import { ExitCode } from '../exit-code';
import { formatInspectionDiff } from '../inspection-diff';
import { SIMULATOR } from '../load-backends';
import { contextOf } from '../node-context';
import { backendModuleOption, featureGatesOption, nodeOption, profileOption } from '../options';
import { printLine } from '../output';
import { printNote } from '../report-error';
import { requireRoot } from '../root';

interface DiffOptions extends ClusterInput {
  readonly config?: string;
  readonly node?: string;
  readonly backend?: string;
  readonly backendModule: readonly string[];
  readonly profile?: AgentChoice['profile'];
  readonly featureGates?: AgentChoice['featureGates'];
}

export function diffCommand(): Command {
  return addClusterInput(new Command('diff'))
    .option(
      '--config <file>',
      'a NodeAgentConfiguration: all that the agent would heed, but for what other options say',
    )
    .addOption(nodeOption('the node that this host is (default: $NODE_NAME, then the host’s name)'))
    .addOption(new Option('--backend <name>', 'whose dataplane; needed without --config'))
    .addOption(backendModuleOption())
    .addOption(profileOption().default(undefined))
    .addOption(featureGatesOption())
    .action(diff);
}

async function diff(options: DiffOptions): Promise<void> {
  const choice = readAgentChoice(options);
  const { backend } = choice;
  if (backend.name === SIMULATOR) {
    throw new CliError('PP_CLI_USAGE', `backend ${SIMULATOR} has nothing in force outside of its own process`);
  }
  if (backend.claim !== undefined) requireRoot('polyplane diff');
  const cluster = await (options.config === undefined ? readCluster : readClusterAsAgent)(choice.input);
  const node = contextOf(choice.nodeName);
  const { limits } = await backend.probe(node);
  const desired = computeNode(cluster, choice.nodeName);
  const { state, diagnostics } = acceptedState(backend, desired, choice, { ...choice, hostLimits: limits ?? [] });
  warnOfLimits(backend.name, diagnostics);
  const text = await differenceOf(backend, node, state.toTransition(1, true));
  if (text === '') printNote(`nothing differs: ${backend.name} has in force here what it would have`);
  else printLine(text);
  process.exitCode = text === '' ? ExitCode.ok : ExitCode.no;
}

/** Empty: none. A backend that cannot be inspected says what it would write. */
async function differenceOf(backend: DataplaneBackend, node: NodeContext, wanted: Transition): Promise<string> {
  if (backend.inspect !== undefined) return formatInspectionDiff(await backend.inspect(node, wanted));
  // Opening writes nothing, and neither does leaving.
  const session = await backend.open(node);
  try {
    const plan = session.plan(wanted);
    return plan.isEmpty ? '' : plan.print();
  } finally {
    await session.release('leave');
  }
}
