/** How a service is reached from outside the cluster, and whether its pods see their clients' own addresses then. */
import type { Service } from '../resources/kinds/kubernetes';
import type { Behaviours } from './behaviours';

/** `external`: by an external or load-balancer address. */
export type ExposureKind = 'nodePort' | 'external';

/** In the order in which people name them. */
export function exposuresOf(service: Service): readonly ExposureKind[] {
  const kinds: ExposureKind[] = [];
  if (hasNodePorts(service)) kinds.push('nodePort');
  if (hasExternalAddresses(service)) kinds.push('external');
  return kinds;
}

/** Whether packets of outside clients reach the service's pods with the clients' own addresses. */
export function keepsClientAddress(behaviours: Behaviours, kind: ExposureKind, { spec }: Service): boolean {
  const sourceNat = kind === 'nodePort' ? behaviours.nodePortSourceNat : behaviours.externalSourceNat;
  switch (sourceNat) {
    case 'always':
      return false;
    case 'never':
      return true;
    case 'byPolicy':
      return spec.externalTrafficPolicy === 'Local';
  }
}

/** For messages. */
export function formatExposure(kind: ExposureKind): string {
  return kind === 'nodePort' ? 'node ports' : 'external and load-balancer addresses';
}

/** Every service of type NodePort has them; one of type LoadBalancer may be told to do without. */
function hasNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || spec.ports.some(({ nodePort }) => nodePort !== undefined);
}

/** A load balancer that has no address yet will get one; one of mode Proxy, or with a host name only, comes to the node ports instead. */
function hasExternalAddresses({ spec, status }: Service): boolean {
  if (spec.externalIPs.length > 0) return true;
  if (spec.type !== 'LoadBalancer') return false;
  return (
    status.loadBalancer.length === 0 ||
    status.loadBalancer.some(({ ip, ipMode }) => ip !== undefined && ipMode === 'VIP')
  );
}
