/** What the service ports of one family add to the ruleset, put together: chains, dispatch entries, set members. */
import { formatProtocol, type IpFamily, type ServicePort, type ServicePortKey, TCP } from '@polyplane/core/backend';
import { CountedSet } from './counted-set';
import { formatRange } from './ip-sets';
import { type ChainName, type SetName, setOf } from './names';
import type { RuleText } from './rule-text';
import { type KernelSet, maxElementsFor, type SetType } from './ruleset';
import type { DispatchEntry } from './service-dispatch';
import type { FrontendRules, ServicePortRules } from './service-port';

/** Sets of one family, by what membership means. `admitted`: frontend and a range whose packets may come. */
const SET_TYPES = {
  hairpin: 'hash:ip,port,ip',
  rejected: 'hash:ip,port',
  dropped: 'hash:ip,port',
  firewalled: 'hash:ip,port',
  admitted: 'hash:ip,port,net',
  npreject: 'hash:net,port',
  npdrop: 'hash:net,port',
  healthchecks: 'hash:net,port',
} as const satisfies Readonly<Record<string, SetType>>;

export type ServiceSetKind = keyof typeof SET_TYPES;
const SET_KINDS = Object.keys(SET_TYPES) as readonly ServiceSetKind[];

/** The set of this kind and family. */
export function serviceSet(kind: ServiceSetKind, family: IpFamily): SetName {
  return setOf('SV', family, kind);
}

/** The frontends with one address and port, at most one a service; the first has the place. */
type Claims = readonly FrontendRules[];

interface Part {
  readonly service: ServicePort;
  readonly rules: ServicePortRules;
}

/**
 * Every service's part, put together and kept up to date service by service. Of several that claim one destination, the service
 * with the smallest key has it.
 */
export class ServiceCollection {
  private readonly parts = new Map<
    ServicePortKey,
    { readonly service: ServicePort; readonly rules: ServicePortRules }
  >();
  private readonly ownChains = new Map<ChainName, readonly RuleText[]>();
  private readonly members = new Map<ServiceSetKind, CountedSet>(SET_KINDS.map((kind) => [kind, new CountedSet()]));
  private readonly claims = new Map<string, Claims>();
  private version = 0;

  constructor(private readonly family: IpFamily) {}

  /** Another number whenever the dispatch entries change. */
  get entriesVersion(): number {
    return this.version;
  }

  get services(): Iterable<ServicePort> {
    return Array.from(this.parts.values(), ({ service }) => service);
  }

  get size(): number {
    return this.parts.size;
  }

  get(key: ServicePortKey): ServicePort | undefined {
    return this.parts.get(key)?.service;
  }

  /** The services' own chains; the map is the collection's and changes with it. */
  get chains(): ReadonlyMap<ChainName, readonly RuleText[]> {
    return this.ownChains;
  }

  /** Puts a service in, in the place of the one that has its key. */
  put(service: ServicePort, rules: ServicePortRules): void {
    this.replace(service.key, { service, rules });
  }

  remove(key: ServicePortKey): void {
    this.replace(key, undefined);
  }

  /** What both have is added before it is taken away, so that it never was not there. */
  private replace(key: ServicePortKey, after: Part | undefined): void {
    const before = this.parts.get(key);
    for (const [name] of before?.rules.chains ?? []) this.ownChains.delete(name);
    for (const [name, chain] of after?.rules.chains ?? []) this.ownChains.set(name, chain);
    if (after !== undefined) this.countEndpoints(after, 1);
    if (before !== undefined) this.countEndpoints(before, -1);
    const claims = placesOf(after);
    for (const place of new Set([...claims.keys(), ...placesOf(before).keys()])) {
      this.changeClaims(place, key, claims.get(place));
    }
    if (after === undefined) this.parts.delete(key);
    else this.parts.set(key, after);
  }

  /** Frontends that lead somewhere: by address, or by node port. */
  entries(kind: 'address' | 'nodePort'): readonly DispatchEntry[] {
    const entries: DispatchEntry[] = [];
    for (const [winner] of this.claims.values()) {
      if (winner?.rule === undefined || winner.isNodePort !== (kind === 'nodePort')) continue;
      entries.push({ key: winner.place, rule: winner.rule });
    }
    return entries;
  }

  sets(): readonly KernelSet[] {
    return [...this.members].map(([kind, counted]) => {
      const members = counted.snapshot();
      return {
        name: serviceSet(kind, this.family),
        type: SET_TYPES[kind],
        family: this.family,
        maxElements: maxElementsFor(members.size),
        members,
      };
    });
  }

  private countEndpoints({ service: { healthCheckNodePort }, rules: { hairpins } }: Part, by: 1 | -1): void {
    for (const member of hairpins) this.count('hairpin', member, by);
    if (healthCheckNodePort !== undefined) {
      this.countEverywhere('healthchecks', `${formatProtocol(TCP)}:${healthCheckNodePort}`, by);
    }
  }

  private changeClaims(place: string, owner: ServicePortKey, claim: FrontendRules | undefined): void {
    const before = this.claims.get(place) ?? [];
    const others = before.filter((other) => other.owner !== owner);
    const after = claim === undefined ? others : withClaim(others, claim);
    if (after.length === 0) this.claims.delete(place);
    else this.claims.set(place, after);
    const [loser] = before;
    const [winner] = after;
    if (loser === winner) return;
    if (winner !== undefined) this.countFrontend(winner, 1);
    if (loser !== undefined) this.countFrontend(loser, -1);
    if (loser?.rule !== winner?.rule) this.version += 1;
  }

  private countFrontend({ isNodePort, refusal, member, sources }: FrontendRules, by: 1 | -1): void {
    if (refusal !== undefined && isNodePort) {
      this.countEverywhere(refusal === 'drop' ? 'npdrop' : 'npreject', member, by);
    } else if (refusal !== undefined) this.count(refusal === 'drop' ? 'dropped' : 'rejected', member, by);
    if (sources === undefined) return;
    this.count('firewalled', member, by);
    for (const source of sources.flatMap(formatRange)) this.count('admitted', `${member},${source}`, by);
  }

  /** A port at every address: as two halves, because no set holds a range of length 0. */
  private countEverywhere(kind: ServiceSetKind, member: string, by: 1 | -1): void {
    for (const half of this.family === 4 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']) {
      this.count(kind, `${half},${member}`, by);
    }
  }

  private count(kind: ServiceSetKind, member: string, by: 1 | -1): void {
    this.members.get(kind)?.add(member, by);
  }
}

/** Sorted by owner. */
function withClaim(claims: Claims, claim: FrontendRules): Claims {
  const position = claims.findIndex(({ owner }) => owner > claim.owner);
  return position < 0 ? [...claims, claim] : [...claims.slice(0, position), claim, ...claims.slice(position)];
}

/** Of frontends of one service in one place, the first has it. */
function placesOf(part: Part | undefined): ReadonlyMap<string, FrontendRules> {
  const places = new Map<string, FrontendRules>();
  for (const frontend of part?.rules.frontends ?? []) {
    if (!places.has(frontend.place)) places.set(frontend.place, frontend);
  }
  return places;
}
