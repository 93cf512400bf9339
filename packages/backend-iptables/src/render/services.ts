/** The nat table: all services with what stands before and after them; and in filter what must not be translated: rejected, dropped and firewalled frontends. */
import type { Cidr, DesiredState, IpFamily, NodeSettings, ServicePort } from '@polyplane/core/backend';
import { parseCidr, TCP } from '@polyplane/core/backend';
import type { AddressTranslations } from './address-translations';
import type { Marks } from './marks';
import { type ChainName, fixedChain } from './names';
import { OUTGOING_CHAIN } from './outgoing-nat';
import { formatRule, type ModuleMatch, type RuleSpec, type RuleText, type Target } from './rule-text';
import type { BaseChain, KernelSet, TableRules } from './ruleset';
import { ServiceCollection, type ServiceSetKind, serviceSet } from './service-collection';
import { renderAddressTree, renderPortTree } from './service-dispatch';
import { MARK_FOREIGN_CHAIN, renderServicePort, type ServicePortRules } from './service-port';

/** What services add to the ruleset of one family. */
export interface ServiceRules {
  readonly nat: TableRules;
  readonly filterChains: ReadonlyMap<ChainName, readonly RuleText[]>;
  readonly sets: readonly KernelSet[];
}

/** Filter: new packets to frontends that refuse, drop, or admit only some sources. Entered from INPUT, FORWARD and OUTPUT. */
export const REFUSE_CHAIN = fixedChain('REFUSE');
/** Filter: health check node ports are open. Entered from INPUT. */
export const HEALTH_CHAIN = fixedChain('HEALTH-CHECKS');
/** Filter: nobody but the host itself may send to 127.0.0.0/8, though node ports on localhost make the kernel route it. */
export const LOCALHOST_CHAIN = fixedChain('LOCALHOST');

const SERVICES_CHAIN = fixedChain('SERVICES');
const NODE_PORTS_CHAIN = fixedChain('NODE-PORTS');
const POSTROUTING_CHAIN = fixedChain('POSTROUTING');
const REFUSE_NODE_PORTS_CHAIN = fixedChain('REFUSE-NODE-PORT');
const LOOPBACK = parseCidr('127.0.0.0/8');

/** The chains of the trees, and what leads into them. */
interface DispatchTrees {
  readonly version: number;
  readonly chains: ReadonlyMap<ChainName, readonly RuleText[]>;
  readonly byAddress: readonly RuleText[];
  readonly byPort: readonly RuleText[];
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
    if (memory.trees?.version !== collection.entriesVersion) memory.trees = renderTrees(family, collection);
    memory.translations = translations;
    memory.rules = {
      nat: new NatTable(family, settings, this.marks).render(collection, memory.trees, translations),
      filterChains: renderFilterChains(family, settings),
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

function renderTrees(family: IpFamily, collection: ServiceCollection): DispatchTrees {
  const chains = new Map<ChainName, readonly RuleText[]>();
  const byAddress = renderAddressTree('IP', family, collection.entries('address'), chains);
  const byPort = renderPortTree(collection.entries('nodePort'), chains);
  return { version: collection.entriesVersion, chains, byAddress, byPort };
}

class NatTable {
  constructor(
    private readonly family: IpFamily,
    private readonly settings: NodeSettings,
    private readonly marks: Marks,
  ) {}

  render(services: ServiceCollection, trees: DispatchTrees, translations: AddressTranslations): TableRules {
    const { byAddress, byPort } = trees;
    const chains = new Map(services.chains);
    for (const [name, rules] of [...trees.chains, ...translations.chains]) chains.set(name, rules);
    chains.set(NODE_PORTS_CHAIN, [...this.claimedPlaces(), ...byPort]);
    chains.set(SERVICES_CHAIN, [
      ...translations.arriving,
      ...byAddress,
      ...renderNodePortEntrances(this.family, this.settings, { kind: 'jump', chain: NODE_PORTS_CHAIN }),
    ]);
    chains.set(MARK_FOREIGN_CHAIN, this.markForeign());
    chains.set(POSTROUTING_CHAIN, this.postrouting(translations));
    const hooks = new Map<BaseChain, ChainName>([
      ['PREROUTING', SERVICES_CHAIN],
      ['OUTPUT', SERVICES_CHAIN],
      ['POSTROUTING', POSTROUTING_CHAIN],
    ]);
    return { chains, hooks };
  }

  /** A frontend with this very address refuses the packet: the node port of the same number must not take it in. */
  private claimedPlaces(): readonly RuleText[] {
    return (['firewalled', 'dropped', 'rejected'] as const).map((kind) =>
      formatRule({
        matches: [{ kind: 'set', name: serviceSet(kind, this.family), fields: 'dst,dst' }],
        target: { kind: 'return' },
      }),
    );
  }

  private markForeign(): readonly RuleText[] {
    const { localDetector, workloadInterfacePrefixes } = this.settings;
    const { masquerade } = this.marks;
    const done: Target = { kind: 'return' };
    const own: RuleSpec[] =
      localDetector.kind === 'cidrs'
        ? localDetector.cidrs
            .filter((cidr) => isOfFamily(cidr, this.family))
            .map((value) => ({ source: { value }, target: done }))
        : workloadInterfacePrefixes.map((name) => ({ inInterface: { value: { name, isPrefix: true } }, target: done }));
    return [...own, { target: { kind: 'mark', value: masquerade, mask: masquerade } } satisfies RuleSpec].map(
      formatRule,
    );
  }

  private postrouting({ leaving }: AddressTranslations): readonly RuleText[] {
    const { masquerade } = this.marks;
    const marked: ModuleMatch = { kind: 'mark', value: masquerade, mask: masquerade };
    const translated: ModuleMatch = { kind: 'state', states: ['DNAT'] };
    const toItself: ModuleMatch = { kind: 'set', name: serviceSet('hairpin', this.family), fields: 'dst,dst,src' };
    return [
      ...leaving,
      formatRule({ matches: [translated, toItself], target: { kind: 'masquerade' } }),
      formatRule({ matches: [{ ...marked, isNegated: true }], target: { kind: 'goto', chain: OUTGOING_CHAIN } }),
      // A tunnel sends the packet through here again: it must not be translated twice.
      formatRule({ target: { kind: 'mark', value: 0, mask: masquerade } }),
      formatRule({ target: { kind: 'masquerade' } }),
    ];
  }
}

/** The rules that send a packet to `target` when its destination is an address where node ports answer. */
function renderNodePortEntrances(family: IpFamily, settings: NodeSettings, target: Target): readonly RuleText[] {
  const matches: readonly ModuleMatch[] = [{ kind: 'local', end: 'destination' }];
  const answersOnLoopback = family === 4 && settings.localhostNodePorts;
  const noLoopback: RuleSpec[] =
    family === 4 && !answersOnLoopback ? [{ destination: { value: LOOPBACK }, target: { kind: 'return' } }] : [];
  const ranges = settings.nodePortAddresses;
  const entrances: RuleSpec[] =
    ranges === undefined
      ? [{ matches, target }]
      : ranges
          .filter((range) => isOfFamily(range, family))
          .map((range) => ({ destination: { value: range }, matches, target }));
  return [...noLoopback, ...entrances].map(formatRule);
}

function renderFilterChains(family: IpFamily, settings: NodeSettings): ReadonlyMap<ChainName, readonly RuleText[]> {
  const inSet = (kind: ServiceSetKind): ModuleMatch => ({
    kind: 'set',
    name: serviceSet(kind, family),
    fields: 'dst,dst',
  });
  const rule = (kind: ServiceSetKind, target: Target): RuleText => formatRule({ matches: [inSet(kind)], target });
  const notAdmitted: ModuleMatch = {
    kind: 'set',
    name: serviceSet('admitted', family),
    fields: 'dst,dst,src',
    isNegated: true,
  };
  const chains = new Map<ChainName, readonly RuleText[]>();
  chains.set(REFUSE_CHAIN, [
    formatRule({ matches: [inSet('firewalled'), notAdmitted], target: { kind: 'drop' } }),
    rule('dropped', { kind: 'drop' }),
    rule('rejected', { kind: 'reject', family }),
    ...renderNodePortEntrances(family, settings, { kind: 'jump', chain: REFUSE_NODE_PORTS_CHAIN }),
  ]);
  chains.set(REFUSE_NODE_PORTS_CHAIN, [rule('npdrop', { kind: 'drop' }), rule('npreject', { kind: 'reject', family })]);
  chains.set(HEALTH_CHAIN, [
    formatRule({
      protocol: { value: TCP },
      matches: [{ kind: 'local', end: 'destination' }, inSet('healthchecks')],
      target: { kind: 'accept' },
    }),
  ]);
  if (family === 4 && settings.localhostNodePorts) {
    chains.set(LOCALHOST_CHAIN, [
      formatRule({
        source: { value: LOOPBACK, isNegated: true },
        destination: { value: LOOPBACK },
        matches: [{ kind: 'state', states: ['RELATED', 'ESTABLISHED', 'DNAT'], isNegated: true }],
        target: { kind: 'drop' },
      }),
    ]);
  }
  return chains;
}

function isOfFamily(range: Cidr, family: IpFamily): boolean {
  return range.includes(':') === (family === 6);
}
