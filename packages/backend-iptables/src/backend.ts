/** The iptables backend: standard Linux packet filtering through iptables, ipset and conntrack. */
import {
  type Behaviours,
  type DataplaneBackend,
  DesiredStateStore,
  type Inspection,
  type IpFamily,
  type NodeContext,
  type NodeFacts,
  nextState,
  SILENT_LOGGER,
  type Transition,
} from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { IPTABLES_BEHAVIOURS } from './behaviours';
import { type InspectedVariant, inspectVariants } from './inspect';
import { IPTABLES_CODES, IptablesError } from './iptables-error';
import { KernelDataplane } from './kernel/dataplane';
import { programmedFamilies, readIpv6 } from './kernel/ipv6';
import { commandRunner, FlowTable, readHostLinks } from './kernel/linux';
import { surveyHost } from './kernel/probe';
import { PROBED_LIMIT_CODES } from './kernel/probed-limit-codes';
import { type IptablesVariant, readLegacyFamilies, readVariant, VARIANTS } from './kernel/variant';
import { IPTABLES_LIMITS } from './limits';
import { type CheckedOptions, checkOptions, type IptablesOptions } from './options';
import type { KernelState } from './render/program';
import { Renderer } from './render/render';
import { EMPTY_RULESET } from './render/ruleset';
import { assertRenderable, type IptablesPlan, IptablesSession, type SessionParts } from './session';

export class IptablesBackend implements DataplaneBackend {
  readonly name = 'iptables';
  readonly limits = IPTABLES_LIMITS;
  readonly behaviours: Behaviours;
  readonly codes = { ...IPTABLES_CODES, ...PROBED_LIMIT_CODES };
  readonly claim = 'networkNamespace';
  private readonly options: CheckedOptions;

  /** @throws IptablesError PP_IPTABLES_OPTION_INVALID */
  constructor(options: Partial<IptablesOptions> = {}) {
    this.options = checkOptions(options);
    this.behaviours =
      this.options.establishedOnPolicyChange === 'cut'
        ? { ...IPTABLES_BEHAVIOURS, establishedFlows: 'revalidated' }
        : IPTABLES_BEHAVIOURS;
  }

  async probe(node: NodeContext): Promise<NodeFacts> {
    return (await surveyHost(this.runnerFor(node), this.options.variant)).facts;
  }

  async open(node: NodeContext): Promise<IptablesSession> {
    const parts = await this.partsOn(node);
    return new IptablesSession(parts, await parts.dataplane.read(), await parts.readLinks());
  }

  /** A form in which this host's iptables prints a rule, and which a session learns by writing, is shown as a difference. */
  async inspect(node: NodeContext, transition?: Transition): Promise<Inspection> {
    const own = transition === undefined ? undefined : await this.wantedOn(node, transition);
    const dataplanes = await this.usableDataplanes(this.runnerFor(node));
    const others = dataplanes
      .filter(({ variant }) => variant !== own?.dataplane.variant)
      .map((dataplane) => ({ dataplane, wanted: EMPTY_RULESET }));
    return inspectVariants(own === undefined ? others : [own, ...others]);
  }

  removeTraces(node: NodeContext): Promise<void> {
    return this.clear(this.runnerFor(node));
  }

  /**
   * As the variant nft would be given it, unless the options say legacy. A host endpoint that is known by its addresses
   * alone is not in it: an empty host has no interface that could carry them.
   */
  render(transition: Transition): IptablesPlan {
    const variant = this.options.variant === 'auto' ? 'nft' : this.options.variant;
    const parts = this.sessionParts({ logger: SILENT_LOGGER }, variant, [4, 6]);
    return new IptablesSession(parts, EMPTY_HOST, new Map()).plan(transition);
  }

  /** @throws IptablesError PP_IPTABLES_UNUSABLE */
  private async partsOn(node: NodeContext): Promise<SessionParts> {
    const runner = this.runnerFor(node);
    const { variant, families, facts } = await surveyHost(runner, this.options.variant);
    if (facts.missing.length > 0 || variant === undefined) {
      const what = facts.missing.map((fact) => `${fact.what} (${fact.remedy})`).join('; ');
      throw new IptablesError('PP_IPTABLES_UNUSABLE', `this host lacks ${what}`, { isRetriable: false });
    }
    return this.sessionParts(node, variant, families);
  }

  private async wantedOn(node: NodeContext, transition: Transition): Promise<InspectedVariant> {
    const { dataplane, renderer, readLinks } = await this.partsOn(node);
    const state = nextState(new DesiredStateStore(), transition);
    assertRenderable(state);
    return { dataplane, wanted: renderer.render(state, await readLinks()) };
  }

  private sessionParts(
    { networkNamespace, logger }: Pick<NodeContext, 'networkNamespace' | 'logger'>,
    variant: IptablesVariant,
    families: readonly IpFamily[],
  ): SessionParts {
    const runner = this.runnerFor({ networkNamespace });
    return {
      renderer: new Renderer(this.options.marks, families),
      dataplane: new KernelDataplane(runner, variant, families, this.options.lockTimeoutSeconds),
      conntrack: new FlowTable(runner, networkNamespace),
      logger,
      establishedOnPolicyChange: this.options.establishedOnPolicyChange,
      readLinks: () => readHostLinks(runner),
      removeTraces: () => this.clear(runner),
    };
  }

  private runnerFor({ networkNamespace }: { readonly networkNamespace?: string | undefined }): CommandRunner {
    return commandRunner(networkNamespace, this.options.commandTimeoutSeconds);
  }

  private async clear(runner: CommandRunner): Promise<void> {
    const dataplanes = await this.usableDataplanes(runner);
    // Sets last: the rules of either variant may use them.
    for (const dataplane of dataplanes) await removeRules(dataplane);
    for (const dataplane of dataplanes) dataplane.assertReadable();
    const [any] = dataplanes;
    if (any !== undefined) await any.apply(any.programTo(await any.read(), EMPTY_RULESET));
    for (const dataplane of dataplanes) dataplane.assertNoneKept();
  }

  /**
   * Of every variant that works here: each may hold something of ours.
   * @throws IptablesError PP_IPTABLES_UNUSABLE when there is none, so that nobody can say what is there
   */
  private async usableDataplanes(runner: CommandRunner): Promise<readonly KernelDataplane[]> {
    const dataplanes: KernelDataplane[] = [];
    const reasons: string[] = [];
    for (const variant of VARIANTS) {
      const { isUsable, reason } = await readVariant(runner, variant);
      reasons.push(`${variant}: ${reason}`);
      if (!isUsable) continue;
      const families =
        variant === 'legacy' ? await readLegacyFamilies(runner) : programmedFamilies(await readIpv6(runner, variant));
      dataplanes.push(new KernelDataplane(runner, variant, families, this.options.lockTimeoutSeconds));
    }
    if (dataplanes.length > 0) return dataplanes;
    throw new IptablesError('PP_IPTABLES_UNUSABLE', `no variant of iptables works here (${reasons.join('; ')})`, {
      isRetriable: false,
    });
  }
}

/** More jumps of one kind than this are in no table that is sound. */
const MOST_JUMPS = 64;

/** Where jumps alone can be asked for, each reading finds one of a kind. */
async function removeRules(dataplane: KernelDataplane): Promise<void> {
  for (let round = 0; round < MOST_JUMPS; round++) {
    const program = dataplane.programTo({ ...(await dataplane.read()), sets: new Map() }, EMPTY_RULESET);
    if (program.restores.length === 0 && program.jumpsBefore === '') return;
    await dataplane.apply(program);
  }
}

const EMPTY_HOST: KernelState = { families: new Map(), sets: new Map(), localnet: 'off' };
