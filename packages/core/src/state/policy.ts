/** Policies, profiles and their rules, resolved: selectors have become IP sets, named ports likewise. */
import type { Brand } from '../brand';
import type { Cidr, IpFamily } from './address';
import type { IpSetKey } from './ip-set';
import type { Origin } from './origin';
import type { PortRange, Protocol } from './protocol';

/** Identifies a policy. */
export type PolicyKey = Brand<`policy/${string}`, 'PolicyKey'>;
/** Identifies a profile. */
export type ProfileKey = Brand<`profile/${string}`, 'ProfileKey'>;

/** `pass`: go on with the next tier. `log`: record the packet, then go on with the next rule. */
export type RuleAction = 'allow' | 'deny' | 'pass' | 'log';

/**
 * One end of a packet. Everything that is set must hold (AND); an empty list asks nothing. Within `nets` and `notNets`
 * members are alternatives; every set in `ipSets` and `addressPortSets` must contain the packet, none in `notIpSets` may.
 * `ports` and `namedPorts` together are alternatives of one match; so are `notPorts` and `notNamedPorts`.
 */
export interface RuleEnd {
  readonly nets: readonly Cidr[];
  readonly notNets: readonly Cidr[];
  /** `net` sets. */
  readonly ipSets: readonly IpSetKey[];
  /** `net` sets. */
  readonly notIpSets: readonly IpSetKey[];
  readonly ports: readonly PortRange[];
  readonly notPorts: readonly PortRange[];
  /** `addressPort` sets. */
  readonly namedPorts: readonly IpSetKey[];
  /** `addressPort` sets. */
  readonly notNamedPorts: readonly IpSetKey[];
  /** `addressPort` sets that this end's address, protocol and port must be in (services in rules). */
  readonly addressPortSets: readonly IpSetKey[];
}

/** An ICMP or ICMPv6 type, alone or with a code. */
export interface IcmpMatch {
  readonly type: number;
  readonly code?: number;
}

/** A rule matches when all that is set holds. The first matching allow, deny or pass rule decides. */
export interface Rule {
  readonly action: RuleAction;
  /**
   * The packets that the rule is about: a packet of the other family matches nothing of it. Absent: both. It follows from the whole
   * rule ({@link ruleInItsFamily}), so a backend reads it and concludes nothing from ranges or protocols.
   */
  readonly family?: IpFamily;
  readonly protocol?: Protocol;
  readonly notProtocol?: Protocol;
  readonly icmp?: IcmpMatch;
  readonly notIcmp?: IcmpMatch;
  readonly source: RuleEnd;
  readonly destination: RuleEnd;
  /** The rule in the user's own object: `spec.ingress[1]`. */
  readonly origin: Origin;
}

/**
 * Where a policy acts. `normal`: new flows after DNAT. `preDnat`: before DNAT, host endpoints only.
 * `untracked`: before connection tracking, host endpoints only (doNotTrack).
 */
export type PolicyStage = 'normal' | 'preDnat' | 'untracked';

/** A policy of one tier: its rules, in order, for the endpoints that name it. */
export interface Policy {
  readonly type: 'policy';
  readonly key: PolicyKey;
  readonly origin: Origin;
  readonly tier: string;
  readonly stage: PolicyStage;
  /** Evaluated and counted, never enforced. */
  readonly isStaged: boolean;
  /** Also judges traffic that a host endpoint forwards. */
  readonly appliesOnForward: boolean;
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

/** What decides for an endpoint when no tier did: its rules in order, then deny. */
export interface Profile {
  readonly type: 'profile';
  readonly key: ProfileKey;
  readonly origin: Origin;
  readonly ingress: readonly Rule[];
  readonly egress: readonly Rule[];
}

/** An end that asks nothing. */
export const ANY_END: RuleEnd = {
  nets: [],
  notNets: [],
  ipSets: [],
  notIpSets: [],
  ports: [],
  notPorts: [],
  namedPorts: [],
  notNamedPorts: [],
  addressPortSets: [],
};
