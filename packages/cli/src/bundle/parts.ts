/** What a maintainer needs: the parts of a bundle, each read by itself. */
import { readFileSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { parse, stringify } from 'yaml';
import { type BackendRegistry, checkCluster, type DataplaneBackend, type DesiredStateStore } from '@polyplane/core';
import { acceptedState } from '../accepted-state';
import { type AgentChoice, type AgentChoiceOptions, readAgentChoice } from '../agent-choice';
import type { ReadObjects } from '../check/read-objects';
import { checkData, findingData } from '../check/report-data';
import { CliError } from '../cli-error';
import { clusterOf, computeNode } from '../cluster';
import { readClusterInput } from '../cluster-input';
import { formatInspectionDiff } from '../inspection-diff';
import { SIMULATOR } from '../load-backends';
import { contextOf } from '../node-context';
import { readAgentStatus, readAgentText } from '../read-agent-status';
import { requireRoot } from '../root';
import { readVersion } from '../version';
import type { BundlePart } from './collect';
import { withoutSecrets } from './secrets';

export interface BundleOptions extends AgentChoiceOptions {
  /** The agent's healthAddress and metricsAddress. */
  readonly address: string;
  readonly metricsAddress: string;
}

/** In the order in which somebody reads them. */
export function bundleParts(
  options: BundleOptions,
  registry: BackendRegistry,
  nodeName: string,
  date: string,
): readonly BundlePart[] {
  const { config, address, metricsAddress } = options;
  const wanted = new Wanted(options);
  const backends = registry.names.filter((name) => name !== SIMULATOR).map((name) => registry.get(name));
  return [
    { name: 'versions.json', read: () => json(versions(date)) },
    { name: 'configuration.yaml', read: () => (config === undefined ? undefined : readConfiguration(config)) },
    { name: 'status.json', read: async () => json(await readAgentStatus(address)) },
    { name: 'metrics.txt', read: () => readAgentText(metricsAddress, '/metrics') },
    ...backends.flatMap((backend) => backendParts(backend, nodeName)),
    { name: 'problems.json', read: () => wanted.problems() },
    { name: 'check.json', read: () => wanted.check(date) },
    { name: 'diagnostics.json', read: () => wanted.diagnostics() },
    { name: 'plan.txt', read: () => wanted.plan() },
    { name: 'difference.diff', read: () => wanted.difference() },
  ];
}

function backendParts(backend: DataplaneBackend, nodeName: string): readonly BundlePart[] {
  const node = contextOf(nodeName);
  return [
    { name: `facts/${backend.name}.json`, read: async () => json(withoutSecrets(await backend.probe(node))) },
    {
      name: `in-force/${backend.name}.txt`,
      read: async () => {
        if (backend.inspect === undefined) return undefined;
        if (backend.claim !== undefined) requireRoot('what is in force');
        const { parts } = await backend.inspect(node);
        if (parts.length === 0) return '# nothing\n';
        return parts.map(({ name, inForce }) => `# ${name}\n${inForce.map((line) => `${line}\n`).join('')}`).join('\n');
      },
    },
  ];
}

/** What would be in force: undefined wherever nobody says of what. Each step is taken once, and fails once a part that needs it. */
class Wanted {
  private choice?: AgentChoice;
  private objects?: Promise<ReadObjects>;

  constructor(private readonly options: AgentChoiceOptions) {}

  async problems(): Promise<string | undefined> {
    if (!this.isAsked) return undefined;
    const { problems } = await this.read();
    return json(problems.map(({ error, file, line }) => ({ code: error.code, message: error.message, file, line })));
  }

  async check(date: string): Promise<string | undefined> {
    if (!this.isAsked) return undefined;
    const { resources, standIns } = await this.read();
    const { backend, profile, featureGates } = this.chosen();
    const choice = {
      ...(profile === undefined ? {} : { profile }),
      ...(featureGates === undefined ? {} : { featureGates }),
    };
    const report = checkCluster({ resources, standIns, backends: [backend], ...choice });
    return json(checkData(report, { version: readVersion(), date }));
  }

  async diagnostics(): Promise<string | undefined> {
    if (!this.isAsked) return undefined;
    const { backend, nodeName } = this.chosen();
    const { limits = [] } = await backend.probe(contextOf(nodeName));
    return json((await this.accepted(limits)).diagnostics.map(findingData));
  }

  async plan(): Promise<string | undefined> {
    const { backend } = this.isAsked ? this.chosen() : {};
    if (backend?.render === undefined) return undefined;
    return backend.render((await this.accepted()).state.toTransition(1, true)).print();
  }

  async difference(): Promise<string | undefined> {
    const { backend, nodeName } = this.isAsked ? this.chosen() : {};
    if (backend?.inspect === undefined || nodeName === undefined) return undefined;
    if (backend.claim !== undefined) requireRoot('what is in force');
    const { limits = [] } = await backend.probe(contextOf(nodeName));
    const { state } = await this.accepted(limits);
    return formatInspectionDiff(await backend.inspect(contextOf(nodeName), state.toTransition(1, true)));
  }

  private get isAsked(): boolean {
    const { config, backend, filename, kubeconfig, context } = this.options;
    return config !== undefined || (backend !== undefined && (filename ?? kubeconfig ?? context) !== undefined);
  }

  private chosen(): AgentChoice {
    this.choice ??= readAgentChoice(this.options);
    return this.choice;
  }

  private read(): Promise<ReadObjects> {
    this.objects ??= readClusterInput(this.chosen().input);
    return this.objects;
  }

  private async accepted(hostLimits: NonNullable<Parameters<typeof acceptedState>[3]>['hostLimits'] = []) {
    const choice = this.chosen();
    const desired: DesiredStateStore = computeNode(clusterOf(await this.read()), choice.nodeName);
    return acceptedState(choice.backend, desired, choice, { ...choice, hostLimits });
  }
}

function versions(date: string): object {
  const { node, v8, openssl } = process.versions;
  return { polyplane: readVersion(), date, node, v8, openssl, kernel: release(), platform: platform(), arch: arch() };
}

/** As data: comments are no part of it, and may hold anything. */
function readConfiguration(file: string): string {
  try {
    return stringify(withoutSecrets(parse(readFileSync(file, 'utf8'), { maxAliasCount: 100 })));
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new CliError('PP_CLI_CONFIG_UNREADABLE', `${file}: ${reason}`, { cause });
  }
}

function json(data: unknown): string {
  return `${JSON.stringify(data, undefined, 2)}\n`;
}
