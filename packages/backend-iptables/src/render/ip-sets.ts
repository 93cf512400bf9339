/** IP sets of the desired state, and sets of ranges that a single rule names, as kernel sets. */
import {
  type Cidr,
  type IpFamily,
  type IpSet,
  type IpSetKey,
  type IpSetMember,
  splitCidr,
} from '@polyplane/core/backend';
import { type SetName, setOf } from './names';
import { type KernelSet, maxElementsFor } from './ruleset';

export type IpSetKind = IpSet['kind'];

/** The kernel set that holds the members of one family. */
export function ipSetName(key: IpSetKey, kind: IpSetKind, family: IpFamily): SetName {
  return setOf(kind === 'net' ? 'N' : 'P', family, key);
}

/** The set's members of one family, as the kernel holds them. */
export function renderIpSet(set: IpSet, family: IpFamily): KernelSet {
  const members = new Set<string>();
  for (const member of set.members) {
    if (familyOfMember(set.kind, member) !== family) continue;
    for (const element of formatMember(set.kind, member)) members.add(element);
  }
  return makeSet(ipSetName(set.key, set.kind, family), set.kind, family, members);
}

/** A set that rules name and the desired state does not hold: it has no member. */
export function renderUnknownIpSet(key: IpSetKey, kind: IpSetKind, family: IpFamily): KernelSet {
  return makeSet(ipSetName(key, kind, family), kind, family, new Set());
}

/** The ranges of one rule as a set; equal ranges are one set. All must be of `family`. */
export function renderRangeSet(ranges: readonly Cidr[], family: IpFamily): KernelSet {
  const members = new Set(ranges.flatMap(formatRange));
  return makeSet(setOf('R', family, [...members].sort().join(' ')), 'net', family, members);
}

/** A range in the form of `ipset save`; one of length 0 as two halves, because no set takes it. */
export function formatRange(range: Cidr): readonly string[] {
  const { address, length } = splitCidr(range);
  const isV6 = range.includes(':');
  if (length === 0) return isV6 ? ['::/1', '8000::/1'] : ['0.0.0.0/1', '128.0.0.0/1'];
  return [length === (isV6 ? 128 : 32) ? address : range];
}

/** The elements that one member of a set of the desired state stands for. */
export function formatMember(kind: IpSetKind, member: IpSetMember): readonly string[] {
  // The set's kind says which of the two its members are.
  return kind === 'net' ? formatRange(member as Cidr) : [member];
}

/** The family of a member's address. */
export function familyOfMember(kind: IpSetKind, member: IpSetMember): IpFamily {
  const address = kind === 'net' ? member : member.slice(0, member.indexOf(','));
  return address.includes(':') ? 6 : 4;
}

function makeSet(name: SetName, kind: IpSetKind, family: IpFamily, members: ReadonlySet<string>): KernelSet {
  const type = kind === 'net' ? 'hash:net' : 'hash:ip,port';
  return { name, type, family, maxElements: maxElementsFor(members.size), members };
}
