/** Facts of a suite about services, read off the desired state of its first node. */
import {
  type DesiredState,
  familyOf,
  type IpFamily,
  keyOfResource,
  parsePort,
  parseResource,
  type Resource,
  type ResourceOf,
  type ServicePort,
} from '@polyplane/core';

/** `namespace/name` of the services of which an endpoint on this node is ready. */
export function servicesWithLocalReadyEndpoints({ services }: DesiredState): readonly string[] {
  const ready = [...services.values()].filter(({ localReadyEndpoints }) => localReadyEndpoints > 0);
  return [...new Set(ready.map(serviceName))].sort();
}

export function servicePortCount({ services }: DesiredState, family: IpFamily): number {
  return [...services.values()].filter((service) => service.family === family).length;
}

/** `namespace/name` -> port. */
export function healthCheckNodePorts({ services }: DesiredState): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...services.values()].flatMap((service) =>
      service.healthCheckNodePort === undefined ? [] : [[serviceName(service), service.healthCheckNodePort]],
    ),
  );
}

/** Service ports of traffic policy Local that have endpoints, but none on this node. */
export function servicePortsWithoutLocalEndpoints({ services }: DesiredState): {
  readonly internal: number;
  readonly external: number;
} {
  const stranded = [...services.values()].filter(
    ({ hasEndpoints, localEndpoints }) => hasEndpoints && localEndpoints.length === 0,
  );
  const count = (isInternal: boolean): number =>
    stranded.filter(({ frontends }) =>
      frontends.some(({ kind, trafficPolicy }) => trafficPolicy === 'local' && (kind === 'clusterIp') === isInternal),
    ).length;
  return { internal: count(true), external: count(false) };
}

/** `namespace/name:port/PROTOCOL` -> `address:port`, with ` local` behind those of this node. */
export function endpointsOf({ services }: DesiredState, family: IpFamily): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    [...services.values()]
      .filter((service) => service.family === family && service.clusterEndpoints.length > 0)
      .map((service) => [
        `${serviceName(service)}:${service.portName}/${SERVICE_PROTOCOLS[service.protocol] ?? service.protocol}`,
        service.clusterEndpoints.map(formatEndpoint).sort(),
      ]),
  );
}

/** `namespace/name` -> how many, of services with any. */
export function localReadyEndpoints({ services }: DesiredState): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...services.values()]
      .filter((service) => service.localReadyEndpoints > 0)
      .map((service) => [serviceName(service), service.localReadyEndpoints]),
  );
}

/** A service for every one that slices name and that is not there: facts about endpoints are told without them. */
export function servicesOfSlices(resources: readonly Resource[]): readonly Resource[] {
  const known = new Set(resources.map(keyOfResource));
  const ports = new Map<string, Map<string, ResourceOf<'EndpointSlice'>['ports'][number]>>();
  for (const resource of resources) {
    if (resource.kind !== 'EndpointSlice' || resource.serviceName === undefined) continue;
    const name = `${resource.metadata.namespace}/${resource.serviceName}`;
    const ofService = ports.get(name) ?? new Map();
    for (const port of resource.ports) ofService.set(`${port.name}/${port.protocol}`, port);
    ports.set(name, ofService);
  }
  return [...ports]
    .filter(([, ofService]) => ofService.size > 0)
    .map(([name, ofService], index) => makeService(name, [...ofService.values()], index))
    .filter((service) => !known.has(keyOfResource(service)));
}

function makeService(
  fullName: string,
  ports: readonly ResourceOf<'EndpointSlice'>['ports'][number][],
  index: number,
): Resource {
  const [namespace, name] = fullName.split('/');
  // Addresses for documentation (RFC 5737), which no suite's service has.
  const clusterIP = `198.51.100.${index + 1}`;
  return parseResource({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      ports: ports.map((port, portIndex) => ({
        name: port.name,
        protocol: port.protocol,
        port: parsePort(portIndex + 1),
      })),
    },
  });
}

const SERVICE_PROTOCOLS: Readonly<Record<number, string>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };

function serviceName({ namespace, name }: ServicePort): string {
  return `${namespace}/${name}`;
}

function formatEndpoint({ address, port, isLocal }: ServicePort['clusterEndpoints'][number]): string {
  const host = familyOf(address) === 6 ? `[${address}]` : address;
  return `${host}:${port}${isLocal ? ' local' : ''}`;
}
