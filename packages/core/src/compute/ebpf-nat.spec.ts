import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { load } from 'js-yaml';
import { parseResource } from '../resources/parse';
import { type Judgement, NodeSimulator, STANDARD_BEHAVIOURS } from '../simulator';
import {
  cidrContains,
  type DesiredState,
  DesiredStateStore,
  type Frontend,
  type IpAddress,
  parseCidr,
  parseIpAddress,
  parsePort,
  parseProtocol,
  type ServiceEndpoint,
  type ServicePort,
} from '../state';
import { ComputeGraph } from './graph';
import { CALICO_EBPF_RULES } from './service-rules';

/** An address that clients dial; with `source`, for clients of that range only. */
interface FrontendCase {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
  readonly source?: string;
}

interface ExpectedFrontend extends FrontendCase {
  /** All of the service's; under a local policy only those on this node are used. */
  readonly backends?: readonly string[];
  readonly count?: number;
  readonly localCount?: number;
  readonly internalLocal?: boolean;
  readonly externalLocal?: boolean;
  /** Clients of no range are dropped. */
  readonly blackhole?: boolean;
  readonly affinitySeconds?: number;
}

interface NatCase {
  readonly title: string;
  readonly node: string;
  readonly settings?: { readonly podRoutes?: Readonly<Record<string, string>> };
  readonly manifests: readonly Manifest[];
  readonly expect: {
    readonly frontends?: readonly ExpectedFrontend[];
    readonly absent?: readonly FrontendCase[];
    readonly frontendCount?: number;
    readonly backendCount?: number;
    readonly localBackends?: readonly string[];
    readonly healthCheck?: { readonly port?: number; readonly status?: number; readonly localEndpoints?: number };
  };
}

interface Manifest {
  readonly kind: string;
  readonly spec?: object;
  readonly status?: { readonly addresses?: readonly { readonly address: string }[] };
}

const SUITE = join(__dirname, '../../../conformance/suites/ebpf-nat');
const OUTSIDER = parseIpAddress('198.18.0.1');
const EBPF = { behaviours: { ...STANDARD_BEHAVIOURS, nodePortNat: 'anyNode' } } as const;

describe('Services as an eBPF dataplane has them', () => {
  for (const file of readdirSync(SUITE).filter((name) => name.endsWith('.yaml'))) {
    // The file's form is checked by what is read from it.
    const natCase = load(readFileSync(join(SUITE, file), 'utf8')) as NatCase;
    it(`${file}: ${natCase.title}`, () => new NatJudge(natCase).judge());
  }
});

/** One address that answers: as a dataplane's table has it. */
interface Entry {
  readonly ip: IpAddress;
  readonly service: ServicePort;
  readonly frontend: Frontend;
  readonly source?: string;
  /** The address is another node's. */
  readonly isPeers: boolean;
  readonly backends: readonly string[];
}

class NatJudge {
  private readonly state: DesiredState;
  private readonly simulator: NodeSimulator;
  private readonly entries: readonly Entry[];

  constructor(private readonly natCase: NatCase) {
    this.state = computeState(natCase);
    this.simulator = new NodeSimulator(this.state, EBPF);
    this.entries = [...this.state.services.values()].flatMap((service) => this.entriesOf(service));
  }

  judge(): void {
    const {
      frontends = [],
      absent = [],
      frontendCount,
      backendCount,
      localBackends,
      healthCheck,
    } = this.natCase.expect;
    for (const wanted of frontends) this.judgeFrontend(wanted);
    for (const unwanted of absent) {
      expect(this.entryOf(unwanted), nameOf(unwanted)).to.equal(undefined);
      if (unwanted.source === undefined) expect(this.dial(unwanted).isTranslated, nameOf(unwanted)).to.equal(false);
    }
    if (frontendCount !== undefined) expect(this.entries).to.have.length(frontendCount);
    if (backendCount !== undefined) expect(this.backendCount()).to.equal(backendCount);
    const services = [...this.state.services.values()];
    if (localBackends !== undefined) {
      expect(services.flatMap((service) => textsOf(service.localEndpoints))).to.have.members(localBackends);
    }
    if (healthCheck !== undefined) this.judgeHealthCheck(healthCheck);
  }

  private judgeFrontend(wanted: ExpectedFrontend): void {
    const name = nameOf(wanted);
    const entry = this.entryOf(wanted);
    if (entry === undefined) throw new Error(`no frontend ${name}`);
    const { service, frontend } = entry;
    const isLocal = (kinds: readonly Frontend['kind'][]): boolean =>
      service.frontends.some(({ kind, trafficPolicy }) => kinds.includes(kind) && trafficPolicy === 'local');
    const { backends, count, localCount, internalLocal, externalLocal, blackhole, affinitySeconds } = wanted;
    if (backends !== undefined) expect(entry.backends, name).to.have.members(backends);
    if (count !== undefined) expect(entry.backends, name).to.have.length(count);
    if (localCount !== undefined) {
      expect(entry.isPeers ? 0 : service.localEndpoints.length, name).to.equal(localCount);
    }
    if (internalLocal !== undefined) expect(isLocal(['clusterIp']), name).to.equal(internalLocal);
    if (externalLocal !== undefined) {
      expect(frontend.kind !== 'clusterIp' && frontend.trafficPolicy === 'local', name).to.equal(externalLocal);
    }
    if (blackhole !== undefined)
      expect(this.dial({ ...wanted, source: '198.18.0.1/32' }).verdict === 'drop', name).to.equal(blackhole);
    if (affinitySeconds !== undefined) expect(service.affinityTimeoutSeconds ?? 0, name).to.equal(affinitySeconds);
    if (blackhole !== true) expect(this.reached(wanted), name).to.have.members(reachable(entry));
  }

  private judgeHealthCheck({ port, status, localEndpoints }: NonNullable<NatCase['expect']['healthCheck']>): void {
    const [service] = [...this.state.services.values()].filter(
      (candidate) => candidate.healthCheckNodePort !== undefined,
    );
    if (service === undefined) throw new Error('no health check');
    if (port !== undefined) expect(service.healthCheckNodePort).to.equal(port);
    if (status !== undefined) expect(service.localReadyEndpoints > 0 ? 200 : 503).to.equal(status);
    if (localEndpoints !== undefined) expect(service.localReadyEndpoints).to.equal(localEndpoints);
  }

  private entriesOf(service: ServicePort): readonly Entry[] {
    const backends = [...new Set([...textsOf(service.clusterEndpoints), ...textsOf(service.localEndpoints)])];
    return service.frontends.flatMap((frontend): readonly Entry[] => {
      const { address, sourceRanges } = frontend;
      if (address === undefined)
        return [...this.ownNodePorts(service, frontend, backends), ...this.peersNodePorts(service, frontend)];
      const entry: Entry = { ip: address, service, frontend, isPeers: false, backends };
      return [entry, ...(sourceRanges ?? []).map((source) => ({ ...entry, source }))];
    });
  }

  private ownNodePorts(service: ServicePort, frontend: Frontend, backends: readonly string[]): readonly Entry[] {
    const nodes = [...this.state.nodes.values()].filter(({ isLocal }) => isLocal);
    return nodes.flatMap(({ addresses }) =>
      addresses.map((ip) => ({ ip, service, frontend, isPeers: false, backends })),
    );
  }

  /** Under policy Local alone a peer's node port is more than any node's: it leads to that peer's pods. */
  private peersNodePorts(service: ServicePort, frontend: Frontend): readonly Entry[] {
    if (frontend.trafficPolicy !== 'local') return [];
    const peers = [...this.state.nodes.values()].filter(({ isLocal }) => !isLocal);
    return peers.flatMap(({ addresses, podCidrs }) => {
      const there = service.clusterEndpoints.filter(({ address }) =>
        podCidrs.some((cidr) => cidrContains(cidr, address)),
      );
      return there.length === 0
        ? []
        : addresses.map((ip) => ({ ip, service, frontend, isPeers: true, backends: textsOf(there) }));
    });
  }

  private entryOf({ ip, port, protocol, source }: FrontendCase): Entry | undefined {
    return this.entries.find(
      (entry) =>
        entry.ip === ip &&
        entry.frontend.port === port &&
        entry.service.protocol === parseProtocol(protocol) &&
        entry.source === source,
    );
  }

  private backendCount(): number {
    const peers = this.entries.filter(({ isPeers }) => isPeers);
    const own = new Map(
      this.entries.filter(({ isPeers }) => !isPeers).map(({ service, backends }) => [service.key, backends]),
    );
    return [...own.values(), ...peers.map(({ backends }) => backends)].reduce((sum, { length }) => sum + length, 0);
  }

  private reached(wanted: FrontendCase): readonly string[] {
    return this.dial(wanted)
      .destinations.filter(({ address, port }) => address !== wanted.ip || port !== wanted.port)
      .map(({ address, port }) => `${address}:${port}`);
  }

  /** A packet of a client outside, of the range if there is one. */
  private dial({ ip, port, protocol, source }: FrontendCase): Judgement {
    return this.simulator.judge({
      entry: { kind: 'network' },
      source:
        source === undefined
          ? OUTSIDER
          : parseIpAddress(source.slice(0, source.indexOf('/')).replace(/^0\.0\.0\.0$/, OUTSIDER)),
      destination: parseIpAddress(ip),
      destinationPort: parsePort(port),
      protocol: parseProtocol(protocol),
    });
  }
}

/** What a client outside is sent to. */
function reachable({ frontend, service, isPeers, backends, source }: Entry): readonly string[] {
  if (isPeers) return backends;
  if (frontend.sourceRanges !== undefined && source === undefined) {
    const isInside = frontend.sourceRanges.some((range) => cidrContains(range, OUTSIDER));
    if (!isInside) return [];
  }
  return textsOf(frontend.trafficPolicy === 'local' ? service.localEndpoints : service.clusterEndpoints);
}

function computeState({ node, manifests, settings }: NatCase): DesiredState {
  const store = new DesiredStateStore();
  const graph = new ComputeGraph({ nodeName: node, serviceRules: CALICO_EBPF_RULES });
  const changes = manifests.map((manifest) => {
    const resource = parseResource(withPodRoutes(manifest, settings?.podRoutes ?? {}));
    return { op: 'put', resource } as const;
  });
  store.apply({ scope: 'full', changes: graph.apply(changes) });
  return store;
}

/** A route to pods is known by the node that has them. */
function withPodRoutes(manifest: Manifest, podRoutes: Readonly<Record<string, string>>): Manifest {
  const addresses = manifest.status?.addresses?.map(({ address }) => address) ?? [];
  const podCIDRs = Object.entries(podRoutes).flatMap(([cidr, gateway]) =>
    addresses.includes(gateway) ? [parseCidr(cidr)] : [],
  );
  return manifest.kind === 'Node' && podCIDRs.length > 0 ? { ...manifest, spec: { podCIDRs } } : manifest;
}

function nameOf({ ip, port, protocol, source }: FrontendCase): string {
  return `${ip}:${port}/${protocol}${source === undefined ? '' : ` from ${source}`}`;
}

function textsOf(endpoints: readonly ServiceEndpoint[]): readonly string[] {
  return endpoints.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`));
}
