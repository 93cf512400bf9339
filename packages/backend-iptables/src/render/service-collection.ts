/** What the service ports of one family add to the ruleset, put together: chains, dispatch entries, set members. */
import { formatProtocol, type IpFamily, type ServicePort, TCP } from '@polyplane/core/backend';
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

/** Every service's part, put together: of several that claim one destination, the service with the smallest key has it. */
export class ServiceCollection {
  readonly chains = new Map<ChainName, readonly RuleText[]>();
  readonly addresses: DispatchEntry[] = [];
  readonly nodePorts: DispatchEntry[] = [];
  private readonly hairpin = new Set<string>();
  private readonly members = new Map<ServiceSetKind, Set<string>>(
    SET_KINDS.map((kind) => [kind, kind === 'hairpin' ? this.hairpin : new Set()]),
  );
  private readonly claims = new Map<string, FrontendRules>();

  constructor(private readonly family: IpFamily) {}

  add({ healthCheckNodePort }: ServicePort, rules: ServicePortRules): void {
    for (const [name, chain] of rules.chains) this.chains.set(name, chain);
    for (const member of rules.hairpins) this.hairpin.add(member);
    for (const frontend of rules.frontends) {
      const claim = this.claims.get(frontend.place);
      if (claim === undefined || frontend.owner < claim.owner) this.claims.set(frontend.place, frontend);
    }
    if (healthCheckNodePort !== undefined) {
      this.addEverywhere('healthchecks', `${formatProtocol(TCP)}:${healthCheckNodePort}`);
    }
  }

  /** After the last service. */
  settleClaims(): void {
    for (const frontend of this.claims.values()) this.addFrontend(frontend);
  }

  sets(): readonly KernelSet[] {
    return [...this.members].map(([kind, members]) => ({
      name: serviceSet(kind, this.family),
      type: SET_TYPES[kind],
      family: this.family,
      maxElements: maxElementsFor(members.size),
      members,
    }));
  }

  private addFrontend({ place, isNodePort, rule, refusal, member, sources }: FrontendRules): void {
    if (rule !== undefined) (isNodePort ? this.nodePorts : this.addresses).push({ key: place, rule });
    if (refusal !== undefined && isNodePort) this.addEverywhere(refusal === 'drop' ? 'npdrop' : 'npreject', member);
    else if (refusal !== undefined) this.addMember(refusal === 'drop' ? 'dropped' : 'rejected', member);
    if (sources === undefined) return;
    this.addMember('firewalled', member);
    for (const source of sources.flatMap(formatRange)) this.addMember('admitted', `${member},${source}`);
  }

  /** A port at every address: as two halves, because no set holds a range of length 0. */
  private addEverywhere(kind: ServiceSetKind, member: string): void {
    for (const half of this.family === 4 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']) {
      this.addMember(kind, `${half},${member}`);
    }
  }

  private addMember(kind: ServiceSetKind, member: string): void {
    this.members.get(kind)?.add(member);
  }
}
