/** The whole desired state as a ruleset: a function of the state alone, remembered object by object. */
import {
  type DesiredKey,
  type DesiredState,
  findHostEndpoints,
  type HostEndpointTable,
  type HostLinks,
  type IpFamily,
  type IpSet,
  type NodeSettings,
  SETTINGS_KEY,
} from '@polyplane/core/backend';
import { TranslationsRenderer } from './address-translations';
import { renderFilter } from './filter-table';
import { renderIpSet } from './ip-sets';
import { renderMangle } from './mangle-table';
import type { Marks } from './marks';
import type { SetName } from './names';
import { renderPoolSets } from './outgoing-nat';
import { ownersIn } from './owners';
import { PolicyChains, PolicyCompiler } from './policy-chains';
import { renderRaw } from './raw-table';
import { isSafeInterface } from './rule-text';
import { EMPTY_RULESET, type FamilyRules, type KernelSet, type Ruleset } from './ruleset';
import { ServicesRenderer } from './services';
import type { TableInput } from './table-input';

/** Renders desired states. What it remembers makes it faster and changes no result. */
export class Renderer {
  private readonly translations = new TranslationsRenderer();
  private readonly services: ServicesRenderer;
  private readonly compiler: PolicyCompiler;
  private readonly ipSets = new WeakMap<IpSet, ReadonlyMap<IpFamily, KernelSet>>();

  /** Every one of `families` is closed to workloads but for what the state opens, also when nothing in the state is of that family. */
  constructor(
    private readonly marks: Marks,
    private readonly families: readonly IpFamily[],
  ) {
    this.services = new ServicesRenderer(marks);
    this.compiler = new PolicyCompiler(marks);
  }

  /** Nothing before there are settings: they come with every state that is to be put into force. */
  render(state: DesiredState, links: HostLinks): Ruleset {
    const settings = state.settings.get(SETTINGS_KEY);
    const families = new Map<IpFamily, FamilyRules>();
    const sets = new Map<SetName, KernelSet>();
    if (settings === undefined) return EMPTY_RULESET;
    for (const family of this.families) {
      families.set(family, this.renderFamily(state, settings, links, family, sets));
    }
    return { families, sets, routesLocalnet: settings.localhostNodePorts };
  }

  /** The objects whose chains and sets a message names. */
  ownersIn(message: string, state: DesiredState): readonly DesiredKey[] {
    return ownersIn(message, state, { compiler: this.compiler, services: this.services });
  }

  private renderFamily(
    state: DesiredState,
    settings: NodeSettings,
    links: HostLinks,
    family: IpFamily,
    sets: Map<SetName, KernelSet>,
  ): FamilyRules {
    const translations = this.translations.render(state, settings, family);
    const services = this.services.render(state, settings, family, translations);
    const input: TableInput = {
      state,
      settings,
      family,
      marks: this.marks,
      hosts: findSafeHostEndpoints(state, links),
      makePolicy: () => new PolicyChains(state, family, this.marks, this.compiler),
      addSets: (policy) => {
        for (const set of policy.sets.values()) sets.set(set.name, set);
      },
    };
    const rules: FamilyRules = {
      raw: renderRaw(input),
      mangle: renderMangle(input),
      filter: renderFilter(input, services),
      nat: services.nat,
    };
    for (const set of [...services.sets, ...renderPoolSets(state, family)]) sets.set(set.name, set);
    // The rules brought empty stand-ins along. A set that none of them names need not be there.
    for (const ipSet of state.ipSets.values()) {
      const set = this.renderIpSet(ipSet, family);
      if (sets.has(set.name)) sets.set(set.name, set);
    }
    return rules;
  }

  private renderIpSet(ipSet: IpSet, family: IpFamily): KernelSet {
    const known = this.ipSets.get(ipSet)?.get(family);
    if (known !== undefined) return known;
    const set = renderIpSet(ipSet, family);
    this.ipSets.set(ipSet, new Map([...(this.ipSets.get(ipSet) ?? []), [family, set]]));
    return set;
  }
}

/** A host endpoint holds on no interface that cannot be named to iptables. */
function findSafeHostEndpoints(state: DesiredState, links: HostLinks): HostEndpointTable {
  const table = findHostEndpoints(state, links);
  return { ...table, byInterface: table.byInterface.filter(([name]) => isSafeInterface(name)) };
}

/** Objects that cannot be written without a risk; they are left out, closed. */
export function unrenderableObjects(state: DesiredState): readonly DesiredKey[] {
  return [...state.workloads.values()]
    .filter((workload) => !isSafeInterface(workload.interfaceName))
    .map((workload) => workload.key);
}
