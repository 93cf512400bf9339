/** Where UDP clients dial on a node, and who serves there: what tells whose flows lead astray. */
import {
  type DesiredState,
  type Frontend,
  type IpAddress,
  type IpFamily,
  type Port,
  type ServicePort,
  servingEndpoints,
  UDP,
} from '@polyplane/core';

export interface ServedPlace {
  readonly family: IpFamily;
  /** Absent: every address of the node. */
  readonly address?: IpAddress;
  readonly port: Port;
  /** `address port` of each that serves, whether new flows go there or not. */
  readonly endpoints: ReadonlySet<string>;
}

/** By family, address and port. */
export type ServedPlaces = ReadonlyMap<string, ServedPlace>;

export function servedPlacesOf({ services }: DesiredState): ServedPlaces {
  const places = new Map<string, ServedPlace>();
  for (const service of services.values()) {
    if (service.protocol !== UDP) continue;
    for (const frontend of service.frontends) places.set(placeKey(service, frontend), placeOf(service, frontend));
  }
  return places;
}

/** A flow from before would go on to an endpoint that serves no more, or keep meeting nobody where somebody serves now. */
export function leavesStaleFlows(before: ServedPlaces, after: ServedPlaces): boolean {
  return [...before.keys(), ...after.keys()].some((key) => {
    const old = before.get(key)?.endpoints ?? NOBODY;
    const now = after.get(key)?.endpoints ?? NOBODY;
    return old.size === 0 ? now.size > 0 : [...old].some((endpoint) => !now.has(endpoint));
  });
}

const NOBODY: ReadonlySet<string> = new Set();

function placeKey({ family }: ServicePort, { address, port }: Frontend): string {
  return `${family} ${address ?? 'node'} ${port}`;
}

function placeOf(service: ServicePort, { address, port }: Frontend): ServedPlace {
  const endpoints = servingEndpoints(service).map((endpoint) => `${endpoint.address} ${endpoint.port}`);
  return { family: service.family, ...(address !== undefined && { address }), port, endpoints: new Set(endpoints) };
}
