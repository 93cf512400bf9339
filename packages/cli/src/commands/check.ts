/** `polyplane check`: which backend can run a cluster, and what a change of backend would change. */
import { Command, Option } from 'commander';
import {
  type BackendRegistry,
  type CheckedBackend,
  type CoreErrorCode,
  checkCluster,
  type FeatureGates,
  type LimitProfile,
  type ResourceProblem,
} from '@polyplane/core';
import { nodeNames } from '../check/every-node';
import { formatCheckPage } from '../check/html/page';
import type { ReadObjects } from '../check/read-objects';
import { checkData } from '../check/report-data';
import { formatCheck } from '../check/table';
import { CliError } from '../cli-error';
import { addClusterInput, type ClusterInput, readClusterInput } from '../cluster-input';
import { ExitCode } from '../exit-code';
import { loadBackends, SIMULATOR } from '../load-backends';
import { backendModuleOption, featureGatesOption, profileOption } from '../options';
import { outputOption, printData, printLine } from '../output';
import { policiesOutOfForce } from '../policies-out-of-force';
import { isWarning, printWarning, reportProblem } from '../report-error';
import { reportTime } from '../report-time';
import { readVersion } from '../version';

interface CheckOptions extends ClusterInput {
  readonly backend: readonly string[];
  readonly from?: string;
  readonly to?: string;
  /** Which backend each node runs. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly profile: LimitProfile;
  readonly featureGates: FeatureGates;
  readonly output: 'table' | 'json' | 'yaml' | 'html';
  readonly backendModule: readonly string[];
}

export function checkCommand(): Command {
  return addClusterInput(new Command('check'))
    .addOption(new Option('--backend <name...>', 'a backend to check').default([], 'every dataplane'))
    .addOption(new Option('--from <name>', 'the backend that runs the cluster now; needs --to'))
    .addOption(new Option('--to <name>', 'the backend to switch to; needs --from'))
    .addOption(
      new Option('--nodes <node=backend,...>', 'which backend each node runs, where they are not all of one')
        .argParser(parseNodes)
        .default(new Map(), 'all of one'),
    )
    .addOption(profileOption())
    .addOption(featureGatesOption())
    .addOption(outputOption(['table', 'json', 'yaml', 'html']))
    .addOption(backendModuleOption())
    .action(check);
}

async function check(options: CheckOptions): Promise<void> {
  const registry = loadBackends(options.backendModule);
  const chosen = chooseBackends(registry, options);
  registry.requireFeatureGates(options.featureGates);
  const objects = await readClusterInput(options);
  const isInputGood = reportProblems(objects);
  if (objects.resources.length === 0) {
    throw new CliError(isInputGood ? 'PP_CLI_INPUT_EMPTY' : 'PP_CLI_INPUT_INVALID', 'there is no object to check');
  }
  const report = checkCluster({
    ...chosen,
    resources: objects.resources,
    standIns: objects.standIns,
    problems: objects.problems,
    nodes: options.nodes,
    profile: options.profile,
    featureGates: options.featureGates,
    locate: (object, field) => objects.locate(object, field),
  });
  const data = checkData(report, { version: readVersion(), date: reportTime() });
  if (options.output === 'html') printLine(formatCheckPage(report, objects, data.judgedBy));
  else printData(options.output, data, () => formatCheck(data, nodeNames(objects.resources)));
  const deciding =
    options.to === undefined ? report.backends : report.backends.filter(({ name }) => name === options.to);
  const isSupported = deciding.every(({ verdict }) => verdict !== 'unsupported');
  process.exitCode = !isInputGood ? ExitCode.badInput : isSupported ? ExitCode.ok : ExitCode.no;
}

/** The pair, those that are named or that nodes run, or all that put anything into force. */
function chooseBackends(
  registry: BackendRegistry,
  { backend: names, from, to, nodes }: CheckOptions,
): { readonly backends: readonly CheckedBackend[]; readonly from?: CheckedBackend; readonly to?: CheckedBackend } {
  if ((from === undefined) !== (to === undefined))
    throw new CliError('PP_CLI_USAGE', '--from and --to need each other');
  const pair = from === undefined || to === undefined ? undefined : { from: registry.get(from), to: registry.get(to) };
  const named = [...new Set([...names, ...nodes.values()])].map((name) => registry.get(name));
  if (pair !== undefined) return { ...pair, backends: [...new Set([pair.from, pair.to, ...named])] };
  if (named.length > 0) return { backends: named };
  return { backends: registry.names.filter((name) => name !== SIMULATOR).map((name) => registry.get(name)) };
}

/** `node-1=ebpf,node-2=iptables`; many times, the last word on a node counts. */
function parseNodes(text: string, earlier: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const pairs = text.split(',').map((pair): [string, string] => {
    const [node = '', backend = '', ...rest] = pair.trim().split('=');
    if (node === '' || backend === '' || rest.length > 0) {
      throw new CliError('PP_CLI_USAGE', `--nodes: ${JSON.stringify(pair.slice(0, 80))} is not NODE=BACKEND`);
    }
    return [node, backend];
  });
  return new Map([...earlier, ...pairs]);
}

/** Problems told one by one; who has more mends these first. */
const MOST_PROBLEMS = 100;

/** What is wrong, on stderr; false when it may change the answer. */
function reportProblems(objects: ReadObjects): boolean {
  const outOfForce = policiesOutOfForce(objects.resources, (object, field) => objects.locate(object, field));
  const problems = [...objects.problems, ...outOfForce];
  // A policy of a kind that is not read is a finding of each backend, and decides the answer there.
  const isTold = (problem: ResourceProblem): boolean =>
    isWarning(problem) || problem.error.code === ('PP_POLICY_NOT_READ' satisfies CoreErrorCode);
  const errors = problems.filter((problem) => !isTold(problem));
  const warnings = problems.filter(isTold);
  for (const problem of errors.slice(0, MOST_PROBLEMS)) reportProblem(problem, 'error');
  for (const problem of warnings.slice(0, MOST_PROBLEMS)) reportProblem(problem, 'warning');
  const untold = Math.max(0, errors.length - MOST_PROBLEMS) + Math.max(0, warnings.length - MOST_PROBLEMS);
  if (untold > 0) printWarning(`${untold} more are wrong in the same way or another; mend these first`);
  return errors.length === 0;
}
