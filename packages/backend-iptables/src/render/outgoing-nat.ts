/** What leaves pools with natOutgoing for a place outside all pools is masqueraded: a chain of nat, and the pools as sets. */
import { type DesiredState, familyOf, type IpFamily, type IpPool, type NodeSettings } from '@polyplane/core/backend';
import { formatRange } from './ip-sets';
import { fixedChain, setOf } from './names';
import { formatRule, type RuleText } from './rule-text';
import { type KernelSet, maxElementsFor } from './ruleset';
import { renderWorkloadEntrances } from './workload-chains';

/** Entered from POSTROUTING, by what no service wants masqueraded. */
export const OUTGOING_CHAIN = fixedChain('NAT-OUTGOING');

/** What stays on the node keeps its source. Pools are members of sets: the chain is the same whatever they are. */
export function renderOutgoing(state: DesiredState, settings: NodeSettings, family: IpFamily): readonly RuleText[] {
  return [
    ...renderWorkloadEntrances(state, settings, 'outInterface', { kind: 'return' }),
    formatRule({ outInterface: { value: { name: 'lo', isPrefix: false } }, target: { kind: 'return' } }),
    formatRule({
      matches: [
        { kind: 'set', name: outgoingPoolSet(family), fields: 'src' },
        { kind: 'set', name: allPoolSet(family), fields: 'dst', isNegated: true },
      ],
      target: { kind: 'masquerade' },
    }),
  ];
}

/** The ranges of all pools, and of those with natOutgoing. */
export function renderPoolSets({ pools }: DesiredState, family: IpFamily): readonly KernelSet[] {
  const own = [...pools.values()].filter(({ cidr }) => familyOf(cidr) === family);
  const outgoing = own.filter(({ natOutgoing }) => natOutgoing);
  return [poolSet(allPoolSet(family), family, own), poolSet(outgoingPoolSet(family), family, outgoing)];
}

function allPoolSet(family: IpFamily): KernelSet['name'] {
  return setOf('PL', family, 'all');
}

function outgoingPoolSet(family: IpFamily): KernelSet['name'] {
  return setOf('PL', family, 'natout');
}

function poolSet(name: KernelSet['name'], family: IpFamily, pools: readonly IpPool[]): KernelSet {
  const members = new Set(pools.flatMap(({ cidr }) => formatRange(cidr)));
  return { name, type: 'hash:net', family, maxElements: maxElementsFor(members.size), members };
}
