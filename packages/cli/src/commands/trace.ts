/** `polyplane trace`: what happens to a packet from a node on, stage by stage, and which rule decided. */
import { Command, Option } from 'commander';
import type { LimitChoice } from '@polyplane/core';
import { warnOfLimits } from '../accepted-state';
import { CliError } from '../cli-error';
import { type Cluster, computeNode, readCluster } from '../cluster';
import { addClusterInput, type ClusterInput } from '../cluster-input';
import { ExitCode } from '../exit-code';
import { loadBackends } from '../load-backends';
import { backendModuleOption, featureGatesOption, nodeOption, profileOption } from '../options';
import { type OutputFormat, outputOption, printData, terminalWidth } from '../output';
import { printNote, printWarning } from '../report-error';
import { traceCluster } from '../trace-cluster';
import { parseTraceDestination } from '../trace-destination';
import { tracePacket } from '../trace-packet';
import { type TraceReport, traceReport } from '../trace-report';
import { parseTraceSource, senderNode, type TraceSource } from '../trace-source';
import { formatTrace } from '../trace-table';

interface TraceOptions extends LimitChoice, ClusterInput {
  readonly node?: string;
  readonly from: string;
  readonly to: string;
  readonly backend: string;
  readonly expect?: 'allow' | 'deny';
  readonly backendModule: readonly string[];
  readonly output: OutputFormat;
}

export function traceCommand(): Command {
  return addClusterInput(new Command('trace'))
    .addOption(nodeOption('the node whose dataplane is meant (default: the sender’s)'))
    .requiredOption('--from <source>', 'pod:NAMESPACE/NAME, node:NAME, host (the node itself) or an IP address')
    .requiredOption(
      '--to <destination>',
      'IP:PORT, pod:NAMESPACE/NAME:PORT or svc:NAMESPACE/NAME:PORT, PORT a number or a name; /PROTOCOL behind it where that is not tcp',
    )
    .addOption(
      new Option('--backend <name>', 'as this backend does it, without what it does not do').default('simulator'),
    )
    .addOption(
      new Option('--expect <verdict>', 'exit with 0 when the verdict is this, else with 1').choices(['allow', 'deny']),
    )
    .addOption(backendModuleOption())
    .addOption(profileOption())
    .addOption(featureGatesOption())
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(trace);
}

async function trace(options: TraceOptions): Promise<void> {
  const source = parseTraceSource(options.from);
  const destination = parseTraceDestination(options.to);
  const registry = loadBackends(options.backendModule);
  const backend = registry.get(options.backend);
  registry.requireFeatureGates(options.featureGates ?? {});
  const cluster = await readCluster(options);
  const node = chooseNode(options, source, cluster);
  const packet = tracePacket(source, destination, cluster, computeNode(cluster, node), node);
  const { judgement, diagnostics } = traceCluster(cluster, backend, node, packet, options);
  warnOfLimits(backend.name, diagnostics);
  const report = traceReport(judgement, backend.behaviours, (object, field) => cluster.locate(object, field));
  printData(options.output, report, () => formatTrace(report, { ...options, node, packet }, terminalWidth()));
  process.exitCode = exitCodeOf(report, options.expect);
}

/** Who names another node than the sender's is told what is left out. */
function chooseNode({ node, from }: TraceOptions, source: TraceSource, cluster: Cluster): string {
  const own = senderNode(source, cluster);
  if (node === undefined) {
    if (own !== undefined) return own;
    const why =
      source.kind === 'host'
        ? '`host` is a process of the node that you name'
        : source.kind === 'pod'
          ? `${from} is on no node: it has no spec.nodeName`
          : `${from} belongs to no node of the cluster: name the one that its packets come in by`;
    throw new CliError('PP_CLI_USAGE', `give --node: ${why}`);
  }
  if (own !== undefined && own !== node) {
    printWarning(
      `${from} is on ${own}, so ${node} meets its packet as the network brings it; what ${own} does before is not judged (without --node, it is)`,
    );
  }
  return node;
}

/** `deny` is any verdict by which the packet does not arrive. */
function exitCodeOf({ verdict }: TraceReport, expected: TraceOptions['expect']): ExitCode {
  if (expected === undefined || (verdict === 'allow') === (expected === 'allow')) return ExitCode.ok;
  printNote(`expected ${expected}, and the verdict is ${verdict}`);
  return ExitCode.no;
}
