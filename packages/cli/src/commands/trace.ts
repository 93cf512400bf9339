/** `polyplane trace`: what a node's dataplane does to a packet, stage by stage, and which rule decided. */
import { Command } from 'commander';
import { NodeSimulator } from '@polyplane/core/simulator';
import { computeNode, readCluster } from '../cluster';
import { filenameOption, nodeOption } from '../options';
import { type OutputFormat, outputOption, printData } from '../output';
import { parseTraceDestination, parseTraceSource } from '../trace-ends';
import { tracePacket } from '../trace-packet';
import { formatTrace, traceReport } from '../trace-report';

interface TraceOptions {
  readonly filename: readonly string[];
  readonly node: string;
  readonly from: string;
  readonly to: string;
  readonly output: OutputFormat;
}

export function traceCommand(): Command {
  return new Command('trace')
    .description('what a node does to a packet, stage by stage, and which rule decided')
    .addOption(filenameOption())
    .addOption(nodeOption())
    .requiredOption('--from <source>', 'pod:NAMESPACE/NAME, node:NAME, host (the node itself) or an IP address')
    .requiredOption('--to <destination>', 'what the sender dials: IP:PORT[/PROTOCOL], or IP/icmp')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async (options: TraceOptions) => {
      const source = parseTraceSource(options.from);
      const destination = parseTraceDestination(options.to);
      const cluster = await readCluster(options.filename);
      const state = computeNode(cluster, options.node);
      const packet = tracePacket(source, destination, cluster, state, options.node);
      const report = traceReport(new NodeSimulator(state).judge(packet));
      printData(options.output, report, () => formatTrace(report, options));
    });
}
