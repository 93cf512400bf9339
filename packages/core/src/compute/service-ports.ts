/** A service and its endpoints as service ports: one a port and IP family. */
import type { Service, ServicePortSpec } from '../resources/kinds/kubernetes';
import { type Frontend, familyOf, type IpAddress, parseProtocol, type ServicePort, UDP } from '../state';
import { servicePortKey } from './keys';
import { countLocalReady, type EndpointSource, type NodePlace, usableEndpoints } from './service-endpoints';
import type { ServiceRules } from './service-rules';

/** Headless and ExternalName services have no ports of their own. */
export function renderServicePorts(
  service: Service,
  sources: readonly EndpointSource[],
  place: NodePlace,
  rules: ServiceRules,
): readonly ServicePort[] {
  if (service.spec.type === 'ExternalName') return [];
  const { clusterIPs, ports } = service.spec;
  const context = { service, sources, place, rules };
  return clusterIPs.flatMap((clusterIp) => ports.map((port) => renderPort(context, port, clusterIp)));
}

interface PortContext {
  readonly service: Service;
  readonly sources: readonly EndpointSource[];
  readonly place: NodePlace;
  readonly rules: ServiceRules;
}

function renderPort(context: PortContext, port: ServicePortSpec, clusterIp: IpAddress): ServicePort {
  const { service, sources, place, rules } = context;
  const { spec, metadata, ref } = service;
  const { namespace = '', name } = metadata;
  const family = familyOf(clusterIp);
  const protocol = parseProtocol(port.protocol);
  const frontends = renderFrontends(service, port, clusterIp, rules);
  const isExternal = frontends.length > 1;
  const policy = {
    // Pods that dial an external address of a Local service may use the whole cluster.
    usesCluster: spec.internalTrafficPolicy === 'Cluster' || isExternal,
    usesLocal: frontends.some(({ trafficPolicy }) => trafficPolicy === 'local'),
    publishNotReadyAddresses: spec.publishNotReadyAddresses,
    usesTerminating: rules.usesTerminating,
    hints: hintsOf(service, rules),
    keepsFlows: protocol === UDP,
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
    localReadyEndpoints: countLocalReady(sources, family, spec, place),
    ...(spec.sessionAffinity === 'ClientIP' && { affinityTimeoutSeconds: spec.affinityTimeoutSeconds }),
    ...(wantsHealthCheck(service) && { healthCheckNodePort: spec.healthCheckNodePort }),
  };
}

/** The cluster IP first. */
function renderFrontends(
  { spec, status }: Service,
  { port, nodePort }: ServicePortSpec,
  clusterIp: IpAddress,
  { sourceRangesOn, honoursIpMode }: ServiceRules,
): readonly Frontend[] {
  const family = familyOf(clusterIp);
  const trafficPolicy = spec.externalTrafficPolicy === 'Local' ? 'local' : 'cluster';
  const sourceRanges = spec.loadBalancerSourceRanges.filter((range) => familyOf(range) === family);
  const restriction = spec.loadBalancerSourceRanges.length > 0 ? { sourceRanges } : {};
  const external = spec.externalIPs.filter((address) => familyOf(address) === family);
  // A proxying load balancer sends to node ports: its address is not the node's business.
  const virtual = status.loadBalancer
    .filter(({ ipMode }) => ipMode === 'VIP' || !honoursIpMode)
    .flatMap(({ ip }) => (ip !== undefined && familyOf(ip) === family ? [ip] : []));
  return [
    {
      kind: 'clusterIp',
      address: clusterIp,
      port,
      trafficPolicy: spec.internalTrafficPolicy === 'Local' ? 'local' : 'cluster',
    },
    ...external.map(
      (address): Frontend => ({
        kind: 'externalIp',
        address,
        port,
        trafficPolicy,
        ...(sourceRangesOn === 'externalIps' && restriction),
      }),
    ),
    ...virtual.map((address): Frontend => ({ kind: 'loadBalancerIp', address, port, trafficPolicy, ...restriction })),
    ...(nodePort === undefined ? [] : [{ kind: 'nodePort', port: nodePort, trafficPolicy } as const]),
  ];
}

const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';

/** Topology mode Auto spreads load by what all hints say together: it needs them complete. */
function hintsOf({ metadata }: Service, { hints }: ServiceRules): ServiceRules['hints'] {
  return metadata.annotations[TOPOLOGY_MODE]?.toLowerCase() === 'auto' ? 'whenComplete' : hints;
}

function wantsHealthCheck({ spec }: Service): boolean {
  const { type, externalTrafficPolicy, healthCheckNodePort } = spec;
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local' && healthCheckNodePort !== undefined;
}
