/** Services that behave differently after a change of backend: client addresses, node ports, balancing, affinity, the way back. */
import type { Service } from '../resources/kinds/kubernetes';
import type { CHANGE_CODES, ChangeOfObject } from './behaviour-change';
import type { Behaviours } from './behaviours';
import type { ClusterIndex } from './cluster-index';
import { type ExposureKind, exposuresOf, formatExposure, keepsClientAddress } from './exposure';
import type { LimitTable } from './limit';
import { isServiceServed } from './served';

/** A backend as far as services go; `limits` are those that hold in the chosen profile. */
export interface ServiceBackend {
  readonly name: string;
  readonly behaviours: Behaviours;
  readonly limits: LimitTable;
}

/** In the order of the services; of one that either backend does not serve at all, the limit tells. */
export function serviceChanges(
  cluster: ClusterIndex,
  from: ServiceBackend,
  to: ServiceBackend,
): readonly ChangeOfObject[] {
  const served = cluster
    .all('Service')
    .filter((service) => [from, to].every(({ limits }) => isServiceServed(limits, service)));
  return served.flatMap((service) => {
    const facts: ServiceFacts = {
      service,
      exposures: exposuresOf(service),
      endpoints: countEndpoints(cluster, service),
    };
    return CHANGES.flatMap(({ code, describe }) => {
      const message = describe(facts, from, to);
      return message === undefined ? [] : [{ code, from: from.name, to: to.name, object: service.ref, message }];
    });
  });
}

interface ServiceFacts {
  readonly service: Service;
  readonly exposures: readonly ExposureKind[];
  /** Undefined: nothing tells. */
  readonly endpoints: number | undefined;
}

interface ServiceChange {
  readonly code: keyof typeof CHANGE_CODES;
  /** Undefined: nothing changes for this service. */
  describe(facts: ServiceFacts, from: ServiceBackend, to: ServiceBackend): string | undefined;
}

const CHANGES: readonly ServiceChange[] = [
  { code: 'PP_CHANGE_SERVICE_SOURCE', describe: describeSource },
  { code: 'PP_CHANGE_SERVICE_NODE_PORT', describe: describeNodePort },
  { code: 'PP_CHANGE_SERVICE_BALANCING', describe: describeBalancing },
  { code: 'PP_CHANGE_SERVICE_AFFINITY', describe: describeAffinity },
  { code: 'PP_CHANGE_SERVICE_RETURN', describe: describeReturn },
];

function describeSource(
  { service, exposures }: ServiceFacts,
  from: ServiceBackend,
  to: ServiceBackend,
): string | undefined {
  const told = exposures.flatMap((kind) => {
    const keeps = keepsClientAddress(to.behaviours, kind, service);
    if (keeps === keepsClientAddress(from.behaviours, kind, service)) return [];
    return [
      `by ${formatExposure(kind)}, pods see ${keeps ? 'the client’s address instead of a node’s' : 'a node’s address instead of the client’s'}`,
    ];
  });
  return told.length === 0 ? undefined : `For outside clients that come ${told.join('; ')}.`;
}

function describeNodePort({ exposures }: ServiceFacts, from: ServiceBackend, to: ServiceBackend): string | undefined {
  if (!exposures.includes('nodePort') || from.behaviours.nodePortNat === to.behaviours.nodePortNat) return undefined;
  return to.behaviours.nodePortNat === 'anyNode'
    ? 'Every node that sees a packet to the node port answers for it, whatever node it is addressed to.'
    : 'Only the node that a packet is addressed to answers for the node port.';
}

function describeBalancing(
  { service, endpoints }: ServiceFacts,
  from: ServiceBackend,
  to: ServiceBackend,
): string | undefined {
  const before = from.behaviours.loadBalancing;
  const after = to.behaviours.loadBalancing;
  const hasChoice = endpoints === undefined || endpoints > 1;
  if (before === after || !hasChoice || !isTranslated(service)) return undefined;
  return `Connections are spread over the endpoints by ${ALGORITHMS[after]} instead of ${ALGORITHMS[before]}.`;
}

const ALGORITHMS: Readonly<Record<Behaviours['loadBalancing'], string>> = {
  random: 'chance',
  maglev: 'Maglev’s consistent hash',
  hash: 'a hash',
};

function describeAffinity({ service }: ServiceFacts, from: ServiceBackend, to: ServiceBackend): string | undefined {
  if (service.spec.sessionAffinity === 'None' || !isTranslated(service)) return undefined;
  const [before, after] = [hasAffinity(from), hasAffinity(to)];
  if (before === after) return undefined;
  return after
    ? 'Client affinity begins to hold: a client stays with the endpoint it met first.'
    : 'Client affinity ceases to hold: each connection of a client may meet another endpoint.';
}

function describeReturn(
  { service, exposures }: ServiceFacts,
  from: ServiceBackend,
  to: ServiceBackend,
): string | undefined {
  const isDirect = ({ behaviours }: ServiceBackend, kind: ExposureKind) =>
    behaviours.isDirectServerReturn && keepsClientAddress(behaviours, kind, service);
  const changed = exposures.filter((kind) => isDirect(from, kind) !== isDirect(to, kind));
  if (changed.length === 0) return undefined;
  const told = changed.map((kind) =>
    isDirect(to, kind)
      ? `from ${formatExposure(kind)} go straight from the endpoint’s node to the client`
      : `from ${formatExposure(kind)} go back through the node that the client dialled`,
  );
  return `Answers ${told.join('; ')}.`;
}

function hasAffinity({ limits }: ServiceBackend): boolean {
  return !limits.some(({ feature }) => feature === 'sessionAffinity');
}

/** Headless services and names in DNS are no dataplane's business. */
function isTranslated({ spec }: Service): boolean {
  if (spec.type === 'ExternalName') return false;
  return spec.type !== 'ClusterIP' || spec.clusterIPs.length > 0 || spec.externalIPs.length > 0;
}

function countEndpoints(cluster: ClusterIndex, service: Service): number | undefined {
  const endpoints = cluster.endpointsOf(service);
  return endpoints === undefined ? undefined : new Set(endpoints.map(({ address }) => address)).size;
}
