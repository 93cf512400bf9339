/** What all services add to the ruleset, rendered anew only as far as they or the settings have changed. */
import type { DesiredState, IpFamily, NodeSettings, ServicePort } from '@polyplane/core/backend';
import type { AddressTranslations } from './address-translations';
import type { Marks } from './marks';
import type { ChainName } from './names';
import { type DispatchTrees, renderDispatchTrees, renderNatTable } from './nat-table';
import type { RuleText } from './rule-text';
import type { KernelSet, TableRules } from './ruleset';
import { ServiceCollection, serviceSet } from './service-collection';
import { renderServiceFilterChains } from './service-filter-chains';
import { renderServicePort, type ServicePortRules } from './service-port';

/** What services add to the ruleset of one family. */
export interface ServiceRules {
  readonly nat: TableRules;
  readonly filterChains: ReadonlyMap<ChainName, readonly RuleText[]>;
  readonly sets: readonly KernelSet[];
}

/** One family as it was rendered last; the collection is brought from state to state by what differs. */
interface FamilyMemory {
  readonly collection: ServiceCollection;
  trees?: DispatchTrees;
  translations?: AddressTranslations;
  rules?: ServiceRules;
}

/** Renders service ports, each once as long as neither it nor the settings change. */
export class ServicesRenderer {
  private rendered = new WeakMap<ServicePort, ServicePortRules>();
  private renderedWith: NodeSettings | undefined;
  private readonly memories = new Map<IpFamily, FamilyMemory>();

  constructor(private readonly marks: Marks) {}

  render(
    state: DesiredState,
    settings: NodeSettings,
    family: IpFamily,
    translations: AddressTranslations,
  ): ServiceRules {
    if (this.renderedWith !== settings) {
      this.rendered = new WeakMap();
      this.memories.clear();
      this.renderedWith = settings;
    }
    const memory = this.memoryOf(family);
    const isChanged = this.follow(memory.collection, state, settings, family);
    if (memory.rules !== undefined && !isChanged && memory.translations === translations) return memory.rules;
    const { collection } = memory;
    if (memory.trees?.version !== collection.entriesVersion) memory.trees = renderDispatchTrees(family, collection);
    memory.translations = translations;
    memory.rules = {
      nat: renderNatTable({
        family,
        settings,
        marks: this.marks,
        services: collection,
        trees: memory.trees,
        translations,
      }),
      filterChains: renderServiceFilterChains(family, settings),
      sets: collection.sets(),
    };
    return memory.rules;
  }

  /** The service port's own chains, as rendered last. */
  chainsOf(service: ServicePort): readonly ChainName[] {
    return (this.rendered.get(service)?.chains ?? []).map(([name]) => name);
  }

  private memoryOf(family: IpFamily): FamilyMemory {
    const known = this.memories.get(family);
    if (known !== undefined) return known;
    const memory: FamilyMemory = { collection: new ServiceCollection(family) };
    this.memories.set(family, memory);
    return memory;
  }

  /** Brings the collection to the state's services; false: it was there. */
  private follow(
    collection: ServiceCollection,
    { services }: DesiredState,
    settings: NodeSettings,
    family: IpFamily,
  ): boolean {
    let isChanged = false;
    let count = 0;
    for (const service of services.values()) {
      if (service.family !== family) continue;
      count += 1;
      if (collection.get(service.key) === service) continue;
      collection.put(service, this.rulesOf(service, settings));
      isChanged = true;
    }
    if (collection.size === count) return isChanged;
    for (const { key } of collection.services) {
      if (services.get(key)?.family !== family) collection.remove(key);
    }
    return true;
  }

  private rulesOf(service: ServicePort, settings: NodeSettings): ServicePortRules {
    const known = this.rendered.get(service);
    if (known !== undefined) return known;
    const rules = renderServicePort(service, settings, this.marks, serviceSet('admitted', service.family));
    this.rendered.set(service, rules);
    return rules;
  }
}
