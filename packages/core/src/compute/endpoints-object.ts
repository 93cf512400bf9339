/** Endpoints, the older form of a service's endpoints, read as endpoint slices. */
import type { Endpoints, EndpointsAddress } from '../resources/kinds/kubernetes';
import { familyOf } from '../state';
import type { EndpointSource } from './service-endpoints';

/** One source a subset and IP family; addresses keep their readiness. */
export function sourcesOfEndpoints({ subsets }: Endpoints): readonly EndpointSource[] {
  return subsets.flatMap(({ addresses, notReadyAddresses, ports }) =>
    ([4, 6] as const).map((family): EndpointSource => {
      const read = (list: readonly EndpointsAddress[], ready: boolean): EndpointSource['endpoints'] =>
        list
          .filter(({ ip }) => familyOf(ip) === family)
          .map(({ ip, nodeName }) => ({
            addresses: [ip],
            conditions: { ready, serving: ready, terminating: false },
            ...(nodeName !== undefined && { nodeName }),
          }));
      const endpoints = [...read(addresses, true), ...read(notReadyAddresses, false)];
      return { addressType: family === 4 ? 'IPv4' : 'IPv6', endpoints, ports };
    }),
  );
}
