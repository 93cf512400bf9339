/** One service port in terms of nat chains, dispatch entries and set members. */
import {
  type Cidr,
  cidrContains,
  cidrOf,
  type Frontend,
  familyOf,
  formatProtocol,
  type IpAddress,
  type NodeSettings,
  type Port,
  type Protocol,
  type ServiceEndpoint,
  type ServicePort,
  type ServicePortKey,
  splitCidr,
} from '@polyplane/core/backend';
import type { Marks } from './marks';
import { type ChainName, chainOf, fixedChain, hashName, type SetName } from './names';
import { formatRule, type ModuleMatch, type RuleSpec, type RuleText } from './rule-text';
import { addressKey, portKey } from './service-dispatch';

/** Marks a packet to a cluster IP that does not come from this node's own pods. */
export const MARK_FOREIGN_CHAIN = fixedChain('MARK-FOREIGN');

/** What one service port adds to the ruleset; a function of the service port and the settings. */
export interface ServicePortRules {
  readonly chains: readonly (readonly [ChainName, readonly RuleText[]])[];
  readonly frontends: readonly FrontendRules[];
  /** Endpoints as `address,proto:port,address`: what a service sends from one to itself. */
  readonly hairpins: readonly string[];
}

/** What one frontend adds, should no other service claim its place. */
export interface FrontendRules {
  /** {@link addressKey} or {@link portKey}. */
  readonly place: string;
  readonly owner: ServicePortKey;
  readonly isNodePort: boolean;
  /** Leads from the dispatch tree on; absent: nobody is served. */
  readonly rule?: RuleText;
  /** Those whom the rule does not serve: rejected, or dropped because endpoints elsewhere could serve them. */
  readonly refusal?: 'reject' | 'drop';
  /** `address,proto:port`, or `proto:port` of a node port. */
  readonly member: string;
  /** Absent: everyone may come. */
  readonly sources?: readonly Cidr[];
}

/** The service port's part of the ruleset. `admittedSet` holds, by frontend, the sources that may come. */
export function renderServicePort(
  service: ServicePort,
  settings: NodeSettings,
  marks: Marks,
  admittedSet: SetName,
): ServicePortRules {
  return new ServicePortRenderer(service, settings, marks, admittedSet).render();
}

class ServicePortRenderer {
  private readonly chains = new Map<ChainName, readonly RuleText[]>();

  constructor(
    private readonly service: ServicePort,
    private readonly settings: NodeSettings,
    private readonly marks: Marks,
    private readonly admittedSet: SetName,
  ) {}

  render(): ServicePortRules {
    const { frontends, clusterEndpoints, localEndpoints, protocol } = this.service;
    return {
      frontends: frontends.map((frontend) => this.renderFrontend(frontend)),
      chains: [...this.chains],
      hairpins: [...clusterEndpoints, ...localEndpoints].map(
        ({ address, port }) => `${addressMember(address, protocol, port)},${address}`,
      ),
    };
  }

  private renderFrontend(frontend: Frontend): FrontendRules {
    const { protocol } = this.service;
    const { address, port, sourceRanges } = frontend;
    const isLocal = frontend.trafficPolicy === 'local';
    const isUnserved = this.endpointsOf(frontend.trafficPolicy).length === 0;
    const chain = frontend.kind === 'clusterIp' ? this.clusterIpChain(frontend) : this.externalChain(frontend);
    return {
      place: address === undefined ? portKey(protocol, port) : addressKey(address, protocol, port),
      owner: this.service.key,
      isNodePort: address === undefined,
      ...(chain === undefined ? {} : { rule: this.dispatchRule(frontend, chain) }),
      ...(isUnserved ? { refusal: isLocal && this.service.hasEndpoints ? 'drop' : 'reject' } : {}),
      member: address === undefined ? `${formatProtocol(protocol)}:${port}` : addressMember(address, protocol, port),
      ...(sourceRanges === undefined || address === undefined
        ? {}
        : { sources: this.allowedSources(sourceRanges, address) }),
    };
  }

  private dispatchRule({ address, port, sourceRanges }: Frontend, chain: ChainName): RuleText {
    const { protocol } = this.service;
    const ports: ModuleMatch = { kind: 'ports', protocol, end: 'destination', ports: [{ first: port, last: port }] };
    const admitted: ModuleMatch = { kind: 'set', name: this.admittedSet, fields: 'dst,dst,src' };
    return formatRule({
      ...(address === undefined ? {} : { destination: { value: cidrOf(address) } }),
      protocol: { value: protocol },
      matches: sourceRanges === undefined || address === undefined ? [ports] : [ports, admitted],
      target: { kind: 'jump', chain },
    });
  }

  /** Cluster IP: masqueraded when the sender is none of this node's pods, then balanced. */
  private clusterIpChain(frontend: Frontend): ChainName | undefined {
    const policy = frontend.trafficPolicy;
    const endpoints = this.endpointsOf(policy);
    if (endpoints.length === 0) return undefined;
    const mark = this.markForeign();
    if (mark === undefined) return this.balanceChain(policy);
    const name = this.nameOf('CIP', policy);
    if (this.chains.has(name)) return name;
    // Nobody else balances over these endpoints: one chain less.
    const rest = this.hasExternalFrontend ? this.goTo(this.balanceChain(policy)) : this.balanceRules(endpoints);
    this.chains.set(name, [mark, ...rest]);
    return name;
  }

  private markForeign(): RuleText | undefined {
    const { masqueradeAll, localDetector } = this.settings;
    const target = this.markTarget();
    if (masqueradeAll) return formatRule({ target });
    if (localDetector.kind === 'none') return undefined;
    const ranges =
      localDetector.kind === 'cidrs'
        ? localDetector.cidrs.filter((cidr) => familyOf(cidr) === this.service.family)
        : [];
    if (localDetector.kind === 'cidrs' && ranges.length === 0) return undefined;
    if (ranges.some((range) => splitCidr(range).length === 0)) return undefined;
    const [only] = ranges;
    if (ranges.length === 1 && only !== undefined) {
      return formatRule({ source: { value: only, isNegated: true }, target });
    }
    return formatRule({ target: { kind: 'jump', chain: MARK_FOREIGN_CHAIN } });
  }

  /**
   * Node port, external and load-balancer address. Policy cluster: masqueraded and balanced over all. Policy local: only
   * this node's endpoints, the client's address kept; the cluster's pods and the node itself are served by all.
   */
  private externalChain(frontend: Frontend): ChainName | undefined {
    return frontend.trafficPolicy === 'local' ? this.localExternalChain() : this.clusterExternalChain();
  }

  private clusterExternalChain(): ChainName | undefined {
    const balance = this.balanceChain('cluster');
    if (balance === undefined) return undefined;
    return this.addChain('EXC', '', [
      formatRule({ target: this.markTarget() }),
      formatRule({ target: { kind: 'goto', chain: balance } }),
    ]);
  }

  private localExternalChain(): ChainName | undefined {
    const all = this.balanceChain('cluster');
    const local = this.balanceChain('local');
    const rules: RuleText[] = [];
    if (all !== undefined) {
      rules.push(...this.fromOwnPods(all));
      const fromNode = [{ kind: 'local', end: 'source' }] as const;
      rules.push(formatRule({ matches: fromNode, target: this.markTarget() }));
      rules.push(formatRule({ matches: fromNode, target: { kind: 'goto', chain: all } }));
    }
    if (local !== undefined) rules.push(formatRule({ target: { kind: 'goto', chain: local } }));
    return rules.length === 0 ? undefined : this.addChain('EXL', '', rules);
  }

  private fromOwnPods(chain: ChainName): readonly RuleText[] {
    const { localDetector, workloadInterfacePrefixes } = this.settings;
    const target = { kind: 'goto', chain } as const;
    switch (localDetector.kind) {
      case 'cidrs':
        return localDetector.cidrs
          .filter((cidr) => familyOf(cidr) === this.service.family)
          .map((cidr) => formatRule({ source: { value: cidr }, target }));
      case 'workloadInterfaces':
        return workloadInterfacePrefixes.map((name) =>
          formatRule({ inInterface: { value: { name, isPrefix: true } }, target }),
        );
      case 'none':
        return [];
    }
  }

  /** Ranges that hold an address of this node let the node dial its own load-balancer address, from that address. */
  private allowedSources(ranges: readonly Cidr[], address: IpAddress): readonly Cidr[] {
    const own = ranges.filter((range) => familyOf(range) === this.service.family);
    const isNodeAllowed = own.some((range) => this.settings.nodeAddresses.some((node) => cidrContains(range, node)));
    return isNodeAllowed ? [...own, cidrOf(address)] : own;
  }

  private balanceChain(policy: Frontend['trafficPolicy']): ChainName | undefined {
    const endpoints = this.endpointsOf(policy);
    if (endpoints.length === 0) return undefined;
    const name = this.nameOf(policy === 'local' ? 'SVL' : 'SVC', '');
    if (!this.chains.has(name)) this.chains.set(name, this.balanceRules(endpoints));
    return name;
  }

  private endpointsOf(policy: Frontend['trafficPolicy']): readonly ServiceEndpoint[] {
    return policy === 'local' ? this.service.localEndpoints : this.service.clusterEndpoints;
  }

  private get hasExternalFrontend(): boolean {
    return this.service.frontends.some((frontend) => frontend.kind !== 'clusterIp');
  }

  private goTo(chain: ChainName | undefined): readonly RuleText[] {
    return chain === undefined ? [] : [formatRule({ target: { kind: 'goto', chain } })];
  }

  private balanceRules(endpoints: readonly ServiceEndpoint[]): readonly RuleText[] {
    const protocol = { value: this.service.protocol };
    const seconds = this.service.affinityTimeoutSeconds;
    const sticky =
      seconds === undefined ? undefined : endpoints.map((endpoint) => this.stickyEndpoint(endpoint, seconds));
    const balanced = endpoints.map((endpoint, index) => {
      const left = endpoints.length - index;
      const chain = sticky?.[index]?.chain;
      return formatRule({
        protocol,
        ...(left === 1 ? {} : { matches: [{ kind: 'random', probability: 1 / left }] }),
        target:
          chain === undefined
            ? { kind: 'dnat', address: endpoint.address, port: endpoint.port }
            : { kind: 'jump', chain },
      });
    });
    return [...(sticky ?? []).map((endpoint) => endpoint.recall), ...balanced];
  }

  /** Client-IP affinity: the endpoint's chain remembers the client, and `recall` finds it again. */
  private stickyEndpoint(endpoint: ServiceEndpoint, seconds: number): { chain: ChainName; recall: RuleText } {
    const { family, protocol, key } = this.service;
    const list = hashName(`${key}|${endpoint.address}|${endpoint.port}`);
    const chain = this.addChain('SEP', `${endpoint.address}|${endpoint.port}`, [
      formatRule({
        protocol: { value: protocol },
        matches: [{ kind: 'recentSet', list, family }],
        target: { kind: 'dnat', address: endpoint.address, port: endpoint.port },
      }),
    ]);
    const recall = formatRule({
      matches: [{ kind: 'recentCheck', list, seconds, family }],
      target: { kind: 'jump', chain },
    });
    return { chain, recall };
  }

  private markTarget(): RuleSpec['target'] {
    return { kind: 'mark', value: this.marks.masquerade, mask: this.marks.masquerade };
  }

  private addChain(kind: string, part: string, rules: readonly RuleText[]): ChainName {
    const name = this.nameOf(kind, part);
    this.chains.set(name, rules);
    return name;
  }

  private nameOf(kind: string, part: string): ChainName {
    return chainOf(kind, `${this.service.key}|${part}`);
  }
}

function addressMember(address: IpAddress, protocol: Protocol, port: Port): string {
  return `${address},${formatProtocol(protocol)}:${port}`;
}
