/** The iptables backend: standard Linux packet filtering through iptables, ipset and conntrack. */
import type { DataplaneBackend, NodeContext, NodeFacts } from '@polyplane/core/backend';
import { IPTABLES_BEHAVIOURS } from './behaviours';
import { IPTABLES_CODES, IptablesError } from './iptables-error';
import { ConntrackTable } from './kernel/conntrack';
import { KernelDataplane } from './kernel/dataplane';
import { type CommandRunner, commandRunner } from './kernel/exec';
import { readHostLinks } from './kernel/links';
import { surveyHost } from './kernel/probe';
import { readVariant, VARIANTS } from './kernel/variant';
import { IPTABLES_LIMITS } from './limits';
import { type CheckedOptions, checkOptions, type IptablesOptions } from './options';
import { Renderer } from './render/render';
import { EMPTY_RULESET } from './render/ruleset';
import { IptablesSession } from './session';

export class IptablesBackend implements DataplaneBackend {
  readonly name = 'iptables';
  readonly limits = IPTABLES_LIMITS;
  readonly behaviours = IPTABLES_BEHAVIOURS;
  readonly codes = IPTABLES_CODES;
  private readonly options: CheckedOptions;

  /** @throws IptablesError PP_IPTABLES_OPTION_INVALID */
  constructor(options: Partial<IptablesOptions> = {}) {
    this.options = checkOptions(options);
  }

  async probe(node: NodeContext): Promise<NodeFacts> {
    return (await surveyHost(this.runnerFor(node), this.options.variant)).facts;
  }

  async open(node: NodeContext): Promise<IptablesSession> {
    const runner = this.runnerFor(node);
    const { variant, facts } = await surveyHost(runner, this.options.variant);
    if (facts.missing.length > 0 || variant === undefined) {
      const what = facts.missing.map((fact) => `${fact.what} (${fact.remedy})`).join('; ');
      throw new IptablesError('PP_IPTABLES_UNUSABLE', `this host lacks ${what}`, { isRetriable: false });
    }
    const dataplane = new KernelDataplane(runner, variant, this.options.lockTimeoutSeconds);
    const parts = {
      renderer: new Renderer(this.options.marks),
      dataplane,
      conntrack: new ConntrackTable(runner),
      logger: node.logger,
      readLinks: () => readHostLinks(runner),
      removeTraces: () => this.removeTraces(runner),
    };
    return new IptablesSession(parts, await dataplane.read(), await parts.readLinks());
  }

  private runnerFor(node: NodeContext): CommandRunner {
    return commandRunner(node.networkNamespace, this.options.commandTimeoutSeconds);
  }

  private async removeTraces(runner: CommandRunner): Promise<void> {
    const dataplanes: KernelDataplane[] = [];
    for (const variant of VARIANTS) {
      const { isUsable } = await readVariant(runner, variant);
      if (isUsable) dataplanes.push(new KernelDataplane(runner, variant, this.options.lockTimeoutSeconds));
    }
    // Sets last: the rules of either variant may use them.
    for (const dataplane of dataplanes) {
      await dataplane.apply(dataplane.programTo({ ...(await dataplane.read()), sets: new Map() }, EMPTY_RULESET));
    }
    const [any] = dataplanes;
    if (any !== undefined) await any.apply(any.programTo(await any.read(), EMPTY_RULESET));
  }
}
