/** The IP family of a rule: what its ranges, its protocol and its own word leave over. */
import { type Cidr, familyOf, type IpFamily } from './address';
import type { Rule, RuleEnd } from './policy';
import { ICMP, ICMPV6 } from './protocol';

/**
 * The rule with the family that it is about, absent where it is about both. A list of ranges speaks of the families of its members
 * alone, whether the rule asks for them or excludes them: `Allow notNets [198.51.100.0/24]` says nothing of IPv6, so it neither
 * opens nor closes it (as Calico's Felix, FilterRuleToIPVersion). ICMP is of IPv4, ICMPv6 of IPv6. Sets have members of both.
 *
 * Undefined: what the rule asks for is of different families, so no packet can match it.
 */
export function ruleInItsFamily({ family: asked, ...rule }: Rule): Rule | undefined {
  const families = FAMILIES.filter(
    (family) =>
      (asked === undefined || asked === family) &&
      rule.protocol !== FOREIGN_ICMP[family] &&
      speaksOf(rule.source, family) &&
      speaksOf(rule.destination, family),
  );
  const [only] = families;
  if (only === undefined) return undefined;
  return families.length === 1 ? { ...rule, family: only } : rule;
}

const FAMILIES: readonly IpFamily[] = [4, 6];
/** Each family has an ICMP of its own. */
const FOREIGN_ICMP = { 4: ICMPV6, 6: ICMP } as const;

function speaksOf({ nets, notNets }: RuleEnd, family: IpFamily): boolean {
  const hasOf = (ranges: readonly Cidr[]): boolean =>
    ranges.length === 0 || ranges.some((range) => familyOf(range) === family);
  return hasOf(nets) && hasOf(notNets);
}
