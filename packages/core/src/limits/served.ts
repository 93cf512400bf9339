/** What of services a dataplane serves at all, by its limits. */
import type { Service, ServiceProtocol } from '../resources/kinds/kubernetes';
import type { IpFamily } from '../state';
import type { LimitTable } from './limit';

/** Whether a packet of this protocol and family to a service goes anywhere. */
export function isServed(limits: LimitTable, protocol: ServiceProtocol, family: IpFamily): boolean {
  const isLacking = (wanted: string): boolean => limits.some(({ feature }) => feature === wanted);
  return !(protocol === 'SCTP' && isLacking('sctpService')) && !(family === 6 && isLacking('ipv6'));
}

/** Whether anything of a service is served: of what is not, nothing can change with the dataplane. */
export function isServiceServed(limits: LimitTable, { spec }: Service): boolean {
  const families = spec.ipFamilies.length === 0 ? ([4, 6] as const) : spec.ipFamilies;
  return spec.ports.some(({ protocol }) => families.some((family) => isServed(limits, protocol, family)));
}
