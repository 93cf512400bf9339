/** The rules that take neighbour discovery out of policy's hands. */
import { ICMPV6, type IpFamily, NEIGHBOUR_DISCOVERY_TYPES } from '@polyplane/core/backend';
import { formatRule, type RuleSpec, type RuleText, type Target } from './rule-text';

/** Leads what IPv6 needs on a link to `target`; IPv4 has ARP, which no rule sees. */
export function renderNeighbourDiscovery(
  family: IpFamily,
  match: Pick<RuleSpec, 'source'>,
  target: Target,
): readonly RuleText[] {
  if (family === 4) return [];
  return NEIGHBOUR_DISCOVERY_TYPES.map((type) =>
    formatRule({ ...match, protocol: { value: ICMPV6 }, matches: [{ kind: 'icmp', family, icmp: { type } }], target }),
  );
}
