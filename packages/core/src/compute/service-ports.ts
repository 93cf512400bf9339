/** A service and its endpoints as service ports: one a port and IP family. */
import type { Service, ServicePortSpec } from '../resources/kinds/kubernetes';
import { type Frontend, familyOf, type IpAddress, type IpFamily, parseProtocol, type ServicePort } from '../state';
import { servicePortKey } from './keys';
import { type EndpointSource, type NodePlace, usableEndpoints } from './service-endpoints';

/** Headless and ExternalName services have no ports of their own. */
export function renderServicePorts(
  service: Service,
  sources: readonly EndpointSource[],
  place: NodePlace,
): readonly ServicePort[] {
  if (service.spec.type === 'ExternalName') return [];
  const { clusterIPs, ports } = service.spec;
  return clusterIPs.flatMap((clusterIp) => ports.map((port) => renderPort(service, port, clusterIp, sources, place)));
}

function renderPort(
  service: Service,
  port: ServicePortSpec,
  clusterIp: IpAddress,
  sources: readonly EndpointSource[],
  place: NodePlace,
): ServicePort {
  const { spec, metadata, ref } = service;
  const { namespace = '', name } = metadata;
  const family = familyOf(clusterIp);
  const protocol = parseProtocol(port.protocol);
  const frontends = renderFrontends(service, port, clusterIp, family);
  const isExternal = frontends.length > 1;
  const policy = {
    // Pods that dial an external address of a Local service may use the whole cluster.
    usesCluster: spec.internalTrafficPolicy === 'Cluster' || isExternal,
    usesLocal: frontends.some(({ trafficPolicy }) => trafficPolicy === 'local'),
    publishNotReadyAddresses: spec.publishNotReadyAddresses,
  };
  return {
    type: 'service',
    key: servicePortKey({ namespace, name }, { name: port.name, protocol }, family),
    origin: { object: ref, field: `spec.ports[${spec.ports.indexOf(port)}]` },
    namespace,
    name,
    portName: port.name,
    family,
    protocol,
    frontends,
    ...usableEndpoints(sources, port, family, policy, place),
    ...(spec.sessionAffinity === 'ClientIP' && { affinityTimeoutSeconds: spec.affinityTimeoutSeconds }),
    ...(wantsHealthCheck(service) && { healthCheckNodePort: spec.healthCheckNodePort }),
  };
}

/** The cluster IP first. */
function renderFrontends(
  { spec, status }: Service,
  { port, nodePort }: ServicePortSpec,
  clusterIp: IpAddress,
  family: IpFamily,
): readonly Frontend[] {
  const trafficPolicy = spec.externalTrafficPolicy === 'Local' ? 'local' : 'cluster';
  const sourceRanges = spec.loadBalancerSourceRanges.filter((range) => familyOf(range) === family);
  const isRestricted = spec.loadBalancerSourceRanges.length > 0;
  const external = spec.externalIPs.filter((address) => familyOf(address) === family);
  // A proxying load balancer sends to node ports: its address is not the node's business.
  const virtual = status.loadBalancer.filter(({ ip, ipMode }) => ipMode === 'VIP' && familyOf(ip) === family);
  return [
    {
      kind: 'clusterIp',
      address: clusterIp,
      port,
      trafficPolicy: spec.internalTrafficPolicy === 'Local' ? 'local' : 'cluster',
    },
    ...external.map((address): Frontend => ({ kind: 'externalIp', address, port, trafficPolicy })),
    ...virtual.map(
      ({ ip: address }): Frontend => ({
        kind: 'loadBalancerIp',
        address,
        port,
        trafficPolicy,
        ...(isRestricted && { sourceRanges }),
      }),
    ),
    ...(nodePort === undefined ? [] : [{ kind: 'nodePort', port: nodePort, trafficPolicy } as const]),
  ];
}

function wantsHealthCheck({ spec }: Service): boolean {
  const { type, externalTrafficPolicy, healthCheckNodePort } = spec;
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local' && healthCheckNodePort !== undefined;
}
