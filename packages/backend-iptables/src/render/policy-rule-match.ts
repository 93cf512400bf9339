/** What a policy rule asks of a packet, for one family: matches that one chain rule can hold, and clauses that need a choice. */
import {
  type Cidr,
  familyOf,
  hasPorts,
  ICMP,
  ICMPV6,
  type IpFamily,
  type IpSetKey,
  type PortRange,
  type Protocol,
  type Rule,
  type RuleEnd,
  SCTP,
  TCP,
  UDP,
  UDPLITE,
} from '@polyplane/core/backend';
import { type IpSetKind, ipSetName, renderRangeSet, renderUnknownIpSet } from './ip-sets';
import type { SetName } from './names';
import { type ModuleMatch, MULTIPORT_SLOTS, type RuleSpec, type Wanted } from './rule-text';
import type { KernelSet } from './ruleset';

/** Part of a rule. */
export type Condition = Pick<RuleSpec, 'source' | 'destination' | 'protocol' | 'matches'>;

/** `anyOf`: one of these must hold. `noneOf`: none may. */
export type Clause = { readonly kind: 'anyOf' | 'noneOf'; readonly conditions: readonly Condition[] };

/** Protocols whose ports a rule means when it names ports and no protocol. */
const PORT_PROTOCOLS: readonly Protocol[] = [TCP, UDP, SCTP, UDPLITE];

const ADDRESS_FIELD = { source: 'src', destination: 'dst' } as const;
const ADDRESS_PORT_FIELDS = { source: 'src,src', destination: 'dst,dst' } as const;

/** The AND of `common` and all `clauses`. Every set that it names is added to the given ones. */
export class RuleMatch {
  /** No packet of the family can match. */
  isImpossible = false;
  readonly clauses: Clause[] = [];
  private source?: Wanted<Cidr>;
  private destination?: Wanted<Cidr>;
  private protocol?: Wanted<Protocol>;
  private readonly matches: ModuleMatch[] = [];

  constructor(
    private readonly rule: Rule,
    private readonly family: IpFamily,
    private readonly sets: Map<SetName, KernelSet>,
  ) {
    if (rule.family !== undefined && rule.family !== family) this.isImpossible = true;
    this.addProtocol();
    this.addIcmp();
    this.addEnd(rule.source, 'source');
    this.addEnd(rule.destination, 'destination');
  }

  /** What holds of every alternative. */
  get common(): Condition {
    return {
      ...(this.source === undefined ? {} : { source: this.source }),
      ...(this.destination === undefined ? {} : { destination: this.destination }),
      ...(this.protocol === undefined ? {} : { protocol: this.protocol }),
      matches: this.matches,
    };
  }

  private addProtocol(): void {
    const { protocol, notProtocol } = this.rule;
    // iptables reads protocol 0 as "any", and no packet carries it but as an IPv6 extension header.
    if (protocol !== undefined && (protocol === notProtocol || Number(protocol) === 0)) this.isImpossible = true;
    else if (protocol !== undefined) this.protocol = { value: protocol };
    else if (notProtocol !== undefined && Number(notProtocol) !== 0) {
      this.protocol = { value: notProtocol, isNegated: true };
    }
  }

  private addIcmp(): void {
    const { family } = this;
    const own = family === 4 ? ICMP : ICMPV6;
    const { icmp, notIcmp, protocol, notProtocol } = this.rule;
    if (icmp === undefined && notIcmp === undefined) return;
    if (icmp !== undefined) {
      if ((protocol !== undefined && protocol !== own) || notProtocol === own) {
        this.isImpossible = true;
        return;
      }
      this.protocol = { value: own };
      this.matches.push({ kind: 'icmp', family, icmp });
    }
    if (notIcmp === undefined) return;
    if (this.protocol?.isNegated !== true && this.protocol?.value === own) {
      this.matches.push({ kind: 'icmp', family, icmp: notIcmp, isNegated: true });
    } else if (protocol === undefined) {
      this.clauses.push({
        kind: 'noneOf',
        conditions: [{ protocol: { value: own }, matches: [{ kind: 'icmp', family, icmp: notIcmp }] }],
      });
    }
  }

  private addEnd(end: RuleEnd, side: 'source' | 'destination'): void {
    this.addRanges(end, side);
    for (const key of end.ipSets) this.addSet(key, 'net', side, false);
    for (const key of end.notIpSets) this.addSet(key, 'net', side, true);
    for (const key of end.addressPortSets) this.addSet(key, 'addressPort', side, false);
    this.addPorts(end, side);
    this.addNotPorts(end, side);
  }

  private addRanges(end: RuleEnd, side: 'source' | 'destination'): void {
    const ofFamily = (range: Cidr): boolean => familyOf(range) === this.family;
    const isEverything = (range: Cidr): boolean => range.endsWith('/0');
    const nets = end.nets.filter(ofFamily);
    const notNets = end.notNets.filter(ofFamily);
    if ((end.nets.length > 0 && nets.length === 0) || notNets.some(isEverything)) {
      this.isImpossible = true;
      return;
    }
    const [net] = nets;
    const hasOneNet = nets.length === 1 && net !== undefined;
    if (hasOneNet && !isEverything(net)) this[side] = { value: net };
    else if (nets.length > 1 && !nets.some(isEverything)) this.addRangeSet(nets, side, false);
    const [notNet] = notNets;
    if (notNets.length === 1 && notNet !== undefined && this[side] === undefined) {
      this[side] = { value: notNet, isNegated: true };
    } else if (notNets.length > 0) this.addRangeSet(notNets, side, true);
  }

  private addRangeSet(ranges: readonly Cidr[], side: 'source' | 'destination', isNegated: boolean): void {
    const set = renderRangeSet(ranges, this.family);
    this.sets.set(set.name, set);
    this.matches.push({ kind: 'set', name: set.name, fields: ADDRESS_FIELD[side], isNegated });
  }

  private addSet(key: IpSetKey, kind: IpSetKind, side: 'source' | 'destination', isNegated: boolean): void {
    this.matches.push(this.setMatch(key, kind, side, isNegated));
  }

  private setMatch(key: IpSetKey, kind: IpSetKind, side: 'source' | 'destination', isNegated: boolean): ModuleMatch {
    const name = ipSetName(key, kind, this.family);
    if (!this.sets.has(name)) this.sets.set(name, renderUnknownIpSet(key, kind, this.family));
    const fields = kind === 'net' ? ADDRESS_FIELD[side] : ADDRESS_PORT_FIELDS[side];
    return { kind: 'set', name, fields, isNegated };
  }

  /** Numbers and names are alternatives. */
  private addPorts(end: RuleEnd, side: 'source' | 'destination'): void {
    if (end.ports.length === 0 && end.namedPorts.length === 0) return;
    const conditions: Condition[] = [
      ...this.portConditions(end.ports, side),
      ...end.namedPorts.map((key) => ({ matches: [this.setMatch(key, 'addressPort', side, false)] })),
    ];
    const [only] = conditions;
    if (only === undefined) this.isImpossible = true;
    else if (conditions.length === 1) this.take(only);
    else this.clauses.push({ kind: 'anyOf', conditions });
  }

  private addNotPorts(end: RuleEnd, side: 'source' | 'destination'): void {
    for (const key of end.notNamedPorts) this.addSet(key, 'addressPort', side, true);
    const conditions = this.portConditions(end.notPorts, side);
    if (conditions.length === 0) return;
    const protocol = this.onlyProtocol;
    if (protocol === undefined) this.clauses.push({ kind: 'noneOf', conditions });
    else {
      for (const ports of splitForMultiport(end.notPorts)) {
        this.matches.push({ kind: 'ports', protocol, end: side, ports, isNegated: true });
      }
    }
  }

  /** One condition for each protocol that may be meant and each fifteen ports; none when no packet of the rule has ports. */
  private portConditions(ports: readonly PortRange[], side: 'source' | 'destination'): readonly Condition[] {
    const only = this.onlyProtocol;
    const except = this.rule.notProtocol;
    const protocols = only === undefined ? PORT_PROTOCOLS.filter((protocol) => protocol !== except) : [only];
    return protocols.filter(hasPorts).flatMap((protocol) =>
      splitForMultiport(ports).map((part) => ({
        // In a block of its own the rule must name it again.
        protocol: { value: protocol },
        matches: [{ kind: 'ports', protocol, end: side, ports: part } as const],
      })),
    );
  }

  private get onlyProtocol(): Protocol | undefined {
    return this.protocol === undefined || this.protocol.isNegated === true ? undefined : this.protocol.value;
  }

  private take(condition: Condition): void {
    if (condition.protocol !== undefined) this.protocol = condition.protocol;
    this.matches.push(...(condition.matches ?? []));
  }
}

function splitForMultiport(ports: readonly PortRange[]): readonly (readonly PortRange[])[] {
  const parts: PortRange[][] = [];
  let slots = MULTIPORT_SLOTS;
  for (const range of ports) {
    const needed = range.first === range.last ? 1 : 2;
    if (slots + needed > MULTIPORT_SLOTS) {
      parts.push([]);
      slots = 0;
    }
    parts[parts.length - 1]?.push(range);
    slots += needed;
  }
  return parts;
}
