/** All services in nat, and in filter what must not be translated: rejected, dropped and firewalled frontends. */
import type { Cidr, DesiredState, IpFamily, NodeSettings, ServicePort } from '@polyplane/core/backend';
import { formatProtocol, parseCidr, TCP } from '@polyplane/core/backend';
import type { Marks } from './marks';
import { type ChainName, fixedChain, type SetName, setOf } from './names';
import { formatRule, type ModuleMatch, type RuleSpec, type RuleText, type Target } from './rule-text';
import type { BaseChain, KernelSet, SetType, TableRules } from './ruleset';
import { maxElementsFor } from './ruleset';
import { type DispatchEntry, renderAddressTree, renderPortTree } from './service-dispatch';
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

/** Renders service ports, each once as long as neither it nor the settings change. */
export class ServicesRenderer {
  private rendered = new WeakMap<ServicePort, ServicePortRules>();
  private renderedWith: NodeSettings | undefined;

  constructor(private readonly marks: Marks) {}

  render(state: DesiredState, settings: NodeSettings, family: IpFamily): ServiceRules {
    if (this.renderedWith !== settings) {
      this.rendered = new WeakMap();
      this.renderedWith = settings;
    }
    const collected = new ServiceCollection();
    for (const service of state.services.values()) {
      if (service.family === family) collected.add(service, this.rulesOf(service, settings));
    }
    const sets = collected.sets(family);
    return {
      nat: new NatTable(family, settings, this.marks, sets).render(collected),
      filterChains: renderFilterChains(family, settings, sets),
      sets: Object.values(sets),
    };
  }

  private rulesOf(service: ServicePort, settings: NodeSettings): ServicePortRules {
    const known = this.rendered.get(service);
    if (known !== undefined) return known;
    const rules = renderServicePort(service, settings, this.marks);
    this.rendered.set(service, rules);
    return rules;
  }
}

/** The sets of one family, by what membership means. */
type ServiceSets = Readonly<
  Record<
    'hairpin' | 'rejected' | 'dropped' | 'firewalled' | 'rejectedNodePorts' | 'droppedNodePorts' | 'healthChecks',
    KernelSet
  >
>;

class ServiceCollection {
  readonly chains = new Map<ChainName, readonly RuleText[]>();
  readonly addresses: DispatchEntry[] = [];
  readonly nodePorts: DispatchEntry[] = [];
  private readonly hairpin = new Set<string>();
  private readonly rejected = new Set<string>();
  private readonly dropped = new Set<string>();
  private readonly firewalled = new Set<string>();
  private readonly rejectedNodePorts = new Set<string>();
  private readonly droppedNodePorts = new Set<string>();
  private readonly healthChecks = new Set<string>();

  add(service: ServicePort, rules: ServicePortRules): void {
    for (const [name, chain] of rules.chains) this.chains.set(name, chain);
    for (const entry of rules.addresses) this.addresses.push(entry);
    for (const entry of rules.nodePorts) this.nodePorts.push(entry);
    for (const member of rules.hairpins) this.hairpin.add(member);
    for (const member of rules.rejected) this.rejected.add(member);
    for (const member of rules.dropped) this.dropped.add(member);
    for (const member of rules.firewalled) this.firewalled.add(member);
    for (const member of rules.rejectedNodePorts) addEverywhere(this.rejectedNodePorts, service.family, member);
    for (const member of rules.droppedNodePorts) addEverywhere(this.droppedNodePorts, service.family, member);
    if (service.healthCheckNodePort !== undefined) {
      addEverywhere(this.healthChecks, service.family, `${formatProtocol(TCP)}:${service.healthCheckNodePort}`);
    }
  }

  sets(family: IpFamily): ServiceSets {
    const make = (name: string, type: SetType, members: ReadonlySet<string>): KernelSet => ({
      name: setOf('SV', family, name),
      type,
      family,
      maxElements: maxElementsFor(members.size),
      members,
    });
    return {
      hairpin: make('hairpin', 'hash:ip,port,ip', this.hairpin),
      rejected: make('rejected', 'hash:ip,port', this.rejected),
      dropped: make('dropped', 'hash:ip,port', this.dropped),
      firewalled: make('firewalled', 'hash:ip,port', this.firewalled),
      rejectedNodePorts: make('npreject', 'hash:net,port', this.rejectedNodePorts),
      droppedNodePorts: make('npdrop', 'hash:net,port', this.droppedNodePorts),
      healthChecks: make('healthchecks', 'hash:net,port', this.healthChecks),
    };
  }
}

/** A port at every address: as two halves, because no set holds a range of length 0. */
function addEverywhere(set: Set<string>, family: IpFamily, member: string): void {
  for (const half of family === 4 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']) set.add(`${half},${member}`);
}

class NatTable {
  constructor(
    private readonly family: IpFamily,
    private readonly settings: NodeSettings,
    private readonly marks: Marks,
    private readonly sets: ServiceSets,
  ) {}

  render(services: ServiceCollection): TableRules {
    const chains = new Map(services.chains);
    const byAddress = renderAddressTree(this.family, services.addresses, chains);
    const byPort = renderPortTree(services.nodePorts, chains);
    chains.set(NODE_PORTS_CHAIN, byPort);
    chains.set(SERVICES_CHAIN, [
      ...byAddress,
      ...renderNodePortEntrances(this.family, this.settings, { kind: 'jump', chain: NODE_PORTS_CHAIN }),
    ]);
    chains.set(MARK_FOREIGN_CHAIN, this.markForeign());
    chains.set(POSTROUTING_CHAIN, this.postrouting());
    const hooks = new Map<BaseChain, ChainName>([
      ['PREROUTING', SERVICES_CHAIN],
      ['OUTPUT', SERVICES_CHAIN],
      ['POSTROUTING', POSTROUTING_CHAIN],
    ]);
    return { chains, hooks };
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

  private postrouting(): readonly RuleText[] {
    const { masquerade } = this.marks;
    const marked: ModuleMatch = { kind: 'mark', value: masquerade, mask: masquerade };
    const translated: ModuleMatch = { kind: 'state', states: ['DNAT'] };
    const toItself: ModuleMatch = { kind: 'set', name: this.sets.hairpin.name, fields: 'dst,dst,src' };
    return [
      formatRule({ matches: [translated, toItself], target: { kind: 'masquerade' } }),
      formatRule({ matches: [{ ...marked, isNegated: true }], target: { kind: 'return' } }),
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

function renderFilterChains(
  family: IpFamily,
  settings: NodeSettings,
  sets: ServiceSets,
): ReadonlyMap<ChainName, readonly RuleText[]> {
  const inSet = (name: SetName): ModuleMatch => ({ kind: 'set', name, fields: 'dst,dst' });
  const rule = (set: KernelSet, target: Target): RuleText => formatRule({ matches: [inSet(set.name)], target });
  const chains = new Map<ChainName, readonly RuleText[]>();
  chains.set(REFUSE_CHAIN, [
    rule(sets.firewalled, { kind: 'drop' }),
    rule(sets.dropped, { kind: 'drop' }),
    rule(sets.rejected, { kind: 'reject', family }),
    ...renderNodePortEntrances(family, settings, { kind: 'jump', chain: REFUSE_NODE_PORTS_CHAIN }),
  ]);
  chains.set(REFUSE_NODE_PORTS_CHAIN, [
    rule(sets.droppedNodePorts, { kind: 'drop' }),
    rule(sets.rejectedNodePorts, { kind: 'reject', family }),
  ]);
  chains.set(HEALTH_CHAIN, [
    formatRule({
      protocol: { value: TCP },
      matches: [{ kind: 'local', end: 'destination' }, inSet(sets.healthChecks.name)],
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
