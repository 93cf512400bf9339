/** `polyplane trace`: what happens to a packet from a node on, stage by stage, and which rule decided. */
import { Command, Option } from 'commander';
import type { LimitChoice } from '@polyplane/core';
import { warnOfLimits } from '../accepted-state';
import { computeNode, readCluster } from '../cluster';
import { loadBackends } from '../load-backends';
import { backendModuleOption, featureGatesOption, filenameOption, nodeOption, profileOption } from '../options';
import { type OutputFormat, outputOption, printData } from '../output';
import { traceCluster } from '../trace-cluster';
import { parseTraceDestination, parseTraceSource } from '../trace-ends';
import { tracePacket } from '../trace-packet';
import { traceReport } from '../trace-report';
import { formatTrace } from '../trace-table';

interface TraceOptions extends LimitChoice {
  readonly filename: readonly string[];
  readonly node: string;
  readonly from: string;
  readonly to: string;
  readonly backend: string;
  readonly backendModule: readonly string[];
  readonly output: OutputFormat;
}

export function traceCommand(): Command {
  return new Command('trace')
    .addOption(filenameOption())
    .addOption(nodeOption())
    .requiredOption('--from <source>', 'pod:NAMESPACE/NAME, node:NAME, host (the node itself) or an IP address')
    .requiredOption('--to <destination>', 'what the sender dials: IP:PORT[/PROTOCOL], or IP/icmp')
    .addOption(
      new Option('--backend <name>', 'as this backend does it, without what it does not do').default('simulator'),
    )
    .addOption(backendModuleOption())
    .addOption(profileOption())
    .addOption(featureGatesOption())
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async (options: TraceOptions) => {
      const source = parseTraceSource(options.from);
      const destination = parseTraceDestination(options.to);
      const registry = loadBackends(options.backendModule);
      const backend = registry.get(options.backend);
      registry.requireFeatureGates(options.featureGates ?? {});
      const cluster = await readCluster(options.filename);
      const state = computeNode(cluster, options.node);
      const packet = tracePacket(source, destination, cluster, state, options.node);
      const { judgement, diagnostics } = traceCluster(cluster, backend, options.node, packet, options);
      warnOfLimits(backend.name, diagnostics);
      const report = traceReport(judgement, backend.behaviours, (object, field) => cluster.locate(object, field));
      printData(options.output, report, () => formatTrace(report, options));
    });
}
