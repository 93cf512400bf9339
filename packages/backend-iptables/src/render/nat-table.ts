/** The nat table: all services by address and port, with what stands before and after them. */
import { familyOf, type IpFamily, type NodeSettings } from '@polyplane/core/backend';
import type { AddressTranslations } from './address-translations';
import type { Marks } from './marks';
import { type ChainName, fixedChain } from './names';
import { renderNodePortEntrances } from './node-port-entrances';
import { OUTGOING_CHAIN } from './outgoing-nat';
import { formatRule, type ModuleMatch, type RuleSpec, type RuleText, type Target } from './rule-text';
import type { BaseChain, TableRules } from './ruleset';
import { type ServiceCollection, serviceSet } from './service-collection';
import { renderAddressTree, renderPortTree } from './service-dispatch';
import { MARK_FOREIGN_CHAIN } from './service-port';

const SERVICES_CHAIN = fixedChain('SERVICES');
const NODE_PORTS_CHAIN = fixedChain('NODE-PORTS');
const POSTROUTING_CHAIN = fixedChain('POSTROUTING');

/** What the table is made of. */
export interface NatTableInput {
  readonly family: IpFamily;
  readonly settings: NodeSettings;
  readonly marks: Marks;
  readonly services: ServiceCollection;
  readonly trees: DispatchTrees;
  readonly translations: AddressTranslations;
}

/** The chains of the trees that find a packet's service, and what leads into them. */
export interface DispatchTrees {
  /** Of the collection's entries that they are made of. */
  readonly version: number;
  readonly chains: ReadonlyMap<ChainName, readonly RuleText[]>;
  readonly byAddress: readonly RuleText[];
  readonly byPort: readonly RuleText[];
}

export function renderDispatchTrees(family: IpFamily, services: ServiceCollection): DispatchTrees {
  const chains = new Map<ChainName, readonly RuleText[]>();
  const byAddress = renderAddressTree('IP', family, services.entries('address'), chains);
  const byPort = renderPortTree(services.entries('nodePort'), chains);
  return { version: services.entriesVersion, chains, byAddress, byPort };
}

export function renderNatTable(input: NatTableInput): TableRules {
  const { family, settings, services, trees, translations } = input;
  const chains = new Map(services.chains);
  for (const [name, rules] of [...trees.chains, ...translations.chains]) chains.set(name, rules);
  chains.set(NODE_PORTS_CHAIN, [...claimedPlaces(family), ...trees.byPort]);
  chains.set(SERVICES_CHAIN, [
    ...translations.arriving,
    ...trees.byAddress,
    ...renderNodePortEntrances(family, settings, { kind: 'jump', chain: NODE_PORTS_CHAIN }),
  ]);
  chains.set(MARK_FOREIGN_CHAIN, markForeign(input));
  chains.set(POSTROUTING_CHAIN, postrouting(input));
  const hooks = new Map<BaseChain, ChainName>([
    ['PREROUTING', SERVICES_CHAIN],
    ['OUTPUT', SERVICES_CHAIN],
    ['POSTROUTING', POSTROUTING_CHAIN],
  ]);
  return { chains, hooks };
}

/** A frontend with this very address refuses the packet: the node port of the same number must not take it in. */
function claimedPlaces(family: IpFamily): readonly RuleText[] {
  return (['firewalled', 'dropped', 'rejected'] as const).map((kind) =>
    formatRule({
      matches: [{ kind: 'set', name: serviceSet(kind, family), fields: 'dst,dst' }],
      target: { kind: 'return' },
    }),
  );
}

function markForeign({ family, settings, marks }: NatTableInput): readonly RuleText[] {
  const { localDetector, workloadInterfacePrefixes } = settings;
  const { masquerade } = marks;
  const done: Target = { kind: 'return' };
  const own: RuleSpec[] =
    localDetector.kind === 'cidrs'
      ? localDetector.cidrs
          .filter((cidr) => familyOf(cidr) === family)
          .map((value) => ({ source: { value }, target: done }))
      : workloadInterfacePrefixes.map((name) => ({ inInterface: { value: { name, isPrefix: true } }, target: done }));
  return [...own, { target: { kind: 'mark', value: masquerade, mask: masquerade } } satisfies RuleSpec].map(formatRule);
}

function postrouting({ family, marks, translations }: NatTableInput): readonly RuleText[] {
  const { masquerade } = marks;
  const marked: ModuleMatch = { kind: 'mark', value: masquerade, mask: masquerade };
  const translated: ModuleMatch = { kind: 'state', states: ['DNAT'] };
  const toItself: ModuleMatch = { kind: 'set', name: serviceSet('hairpin', family), fields: 'dst,dst,src' };
  return [
    ...translations.leaving,
    formatRule({ matches: [translated, toItself], target: { kind: 'masquerade' } }),
    formatRule({ matches: [{ ...marked, isNegated: true }], target: { kind: 'goto', chain: OUTGOING_CHAIN } }),
    // A tunnel sends the packet through here again: it must not be translated twice.
    formatRule({ target: { kind: 'mark', value: 0, mask: masquerade } }),
    formatRule({ target: { kind: 'masquerade' } }),
  ];
}
