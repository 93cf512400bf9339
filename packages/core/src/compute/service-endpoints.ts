/** Which endpoints a service port may send to from this node: ready ones, fall-backs, topology hints (kube-proxy's rules; KEP-1669, KEP-2433, KEP-3015). */
import type { EndpointSlice, EndpointSliceEndpoint } from '../resources/kinds/kubernetes';
import type { IpAddress, IpFamily, Port, ServiceEndpoint } from '../state';
import type { ServiceRules } from './service-rules';

/** Some endpoints of a service with the ports that all of them serve. */
export type EndpointSource = Pick<EndpointSlice, 'addressType' | 'endpoints' | 'ports'>;

/** Where the node stands; topology hints are about this. */
export interface NodePlace {
  readonly nodeName: string;
  readonly zone?: string;
}

/** What of a service decides over its endpoints. */
export interface EndpointPolicy {
  /** Some frontend may send anywhere in the cluster. */
  readonly usesCluster: boolean;
  /** Some frontend sends to this node's endpoints only. */
  readonly usesLocal: boolean;
  readonly publishNotReadyAddresses: boolean;
  readonly usesTerminating: boolean;
  readonly hints: ServiceRules['hints'];
  /** Flows outlive a choice of other endpoints, and end only with the endpoint: UDP has no end of its own. */
  readonly keepsFlows: boolean;
}

export interface UsableEndpoints {
  /** Empty also where the service never uses them. */
  readonly clusterEndpoints: readonly ServiceEndpoint[];
  readonly localEndpoints: readonly ServiceEndpoint[];
  readonly hasEndpoints: boolean;
  readonly otherServingEndpoints?: readonly ServiceEndpoint[];
}

/** One address and port, from however many slices. */
interface Candidate extends ServiceEndpoint {
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isServingTerminating: boolean;
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

export function usableEndpoints(
  sources: readonly EndpointSource[],
  port: { readonly name: string; readonly protocol: string },
  family: IpFamily,
  policy: EndpointPolicy,
  place: NodePlace,
): UsableEndpoints {
  const candidates = collectCandidates(sources, port, family, policy, place);
  const ready = candidates.filter(({ isReady }) => isReady);
  const localReady = ready.filter(({ isLocal }) => isLocal);
  const terminating = policy.usesTerminating
    ? candidates.filter(({ isServingTerminating }) => isServingTerminating)
    : [];
  const cluster = ready.length > 0 ? narrowByHints(ready, policy.hints, place) : terminating;
  const local = localReady.length > 0 ? localReady : terminating.filter(({ isLocal }) => isLocal);
  const others = policy.keepsFlows
    ? servingBeyond(candidates, [...(policy.usesCluster ? cluster : []), ...(policy.usesLocal ? local : [])])
    : [];
  return {
    clusterEndpoints: policy.usesCluster ? cluster.map(toEndpoint) : [],
    localEndpoints: policy.usesLocal ? local.map(toEndpoint) : [],
    hasEndpoints: ready.length + terminating.length > 0,
    ...(others.length > 0 && { otherServingEndpoints: others.map(toEndpoint) }),
  };
}

function servingBeyond(candidates: readonly Candidate[], used: readonly Candidate[]): readonly Candidate[] {
  const known = new Set(used);
  return candidates.filter((candidate) => candidate.isServing && !known.has(candidate));
}

/** How many addresses of a service are ready on this node, whatever ports they serve: what its health check tells. */
export function countLocalReady(
  sources: readonly EndpointSource[],
  family: IpFamily,
  { publishNotReadyAddresses }: Pick<EndpointPolicy, 'publishNotReadyAddresses'>,
  { nodeName }: NodePlace,
): number {
  const ready = sources
    .filter(({ addressType, ports }) => addressType === ADDRESS_TYPES[family] && ports.some(({ port }) => port))
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => endpoint.nodeName === nodeName && (endpoint.conditions.ready || publishNotReadyAddresses));
  return new Set(ready.map(({ addresses }) => addresses[0])).size;
}

const ADDRESS_TYPES = { 4: 'IPv4', 6: 'IPv6' } as const;

/** Every address and port once, ordered by them; where slices differ over one, the better condition and the nearer place count. */
function collectCandidates(
  sources: readonly EndpointSource[],
  port: { readonly name: string; readonly protocol: string },
  family: IpFamily,
  policy: EndpointPolicy,
  place: NodePlace,
): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  for (const source of sources) {
    if (source.addressType !== ADDRESS_TYPES[family]) continue;
    const number = source.ports.find(({ name, protocol }) => name === port.name && protocol === port.protocol)?.port;
    if (number === undefined) continue;
    for (const endpoint of source.endpoints) {
      // The addresses of one entry are the same endpoint; the first stands for all.
      const address = endpoint.addresses[0];
      if (address === undefined) continue;
      const candidate = readCandidate(endpoint, address, number, policy, place);
      const key = `${address} ${number}`;
      const known = candidates.get(key);
      candidates.set(key, known === undefined ? candidate : mergeCandidates(known, candidate));
    }
  }
  return [...candidates.values()].sort(compareEndpoints);
}

function readCandidate(
  { conditions, nodeName, forZones, forNodes }: EndpointSliceEndpoint,
  address: IpAddress,
  port: Port,
  policy: EndpointPolicy,
  place: NodePlace,
): Candidate {
  const isReady = conditions.ready || policy.publishNotReadyAddresses;
  return {
    address,
    port,
    isLocal: nodeName === place.nodeName,
    isReady,
    isServing: isReady || conditions.serving,
    isServingTerminating: !isReady && conditions.serving && conditions.terminating,
    forZones: forZones ?? [],
    forNodes: forNodes ?? [],
  };
}

function mergeCandidates(a: Candidate, b: Candidate): Candidate {
  const isReady = a.isReady || b.isReady;
  return {
    address: a.address,
    port: a.port,
    isLocal: a.isLocal || b.isLocal,
    isReady,
    isServing: a.isServing || b.isServing,
    isServingTerminating: !isReady && (a.isServingTerminating || b.isServingTerminating),
    forZones: [...new Set([...a.forZones, ...b.forZones])],
    forNodes: [...new Set([...a.forNodes, ...b.forNodes])],
  };
}

/** The endpoints that are meant for this node, or failing that, for its zone; all where there are none. */
function narrowByHints(
  ready: readonly Candidate[],
  hints: ServiceRules['hints'],
  { nodeName, zone }: NodePlace,
): readonly Candidate[] {
  const hintedFor = (name: string, hintsOf: (candidate: Candidate) => readonly string[]): readonly Candidate[] =>
    hints === 'whenComplete' && ready.some((candidate) => hintsOf(candidate).length === 0)
      ? []
      : ready.filter((candidate) => hintsOf(candidate).includes(name));
  const forNode = hintedFor(nodeName, ({ forNodes }) => forNodes);
  if (forNode.length > 0) return forNode;
  const forZone = zone === undefined ? [] : hintedFor(zone, ({ forZones }) => forZones);
  return forZone.length > 0 ? forZone : ready;
}

function toEndpoint({ address, port, isLocal }: Candidate): ServiceEndpoint {
  return { address, port, isLocal };
}

function compareEndpoints(a: ServiceEndpoint, b: ServiceEndpoint): number {
  return a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port;
}
