/** Which probes dial a service that keeps a client with one endpoint. */
import { parseProtocol, type Resource, type ResourceOf } from '@polyplane/core';
import type { SuiteProbe } from '../suites/suite';
import { serviceAddressesOf } from './topology-of';

/** All flows of the probe meet one endpoint: a suite that names several says that each is possible, not that each is met. */
export function bindsClient(probe: SuiteProbe, resources: readonly Resource[]): boolean {
  return resources.some(
    (resource) =>
      resource.kind === 'Service' && resource.spec.sessionAffinity === 'ClientIP' && isDialed(resource, probe),
  );
}

function isDialed(service: ResourceOf<'Service'>, { destination, destinationPort, protocol }: SuiteProbe): boolean {
  const isOwn = serviceAddressesOf(service).includes(destination);
  return service.spec.ports.some(
    (port) =>
      parseProtocol(port.protocol) === protocol &&
      ((isOwn && port.port === destinationPort) || (port.nodePort !== undefined && port.nodePort === destinationPort)),
  );
}
