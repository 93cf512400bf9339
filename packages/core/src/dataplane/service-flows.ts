/**
 * Which tracked UDP flows services leave behind. A UDP client that keeps sending keeps its entry alive, and with it an endpoint that is
 * gone, or the refusal it once met; a flow to an endpoint that serves goes on, whatever decides over new ones.
 */
import {
  type DesiredState,
  type Frontend,
  type IpAddress,
  type IpFamily,
  type ServicePort,
  servingEndpoints,
  UDP,
} from '../state';
import { floatingTargets } from './floating-targets';
import { keysThatMayDiffer } from './overlay-map';

/** A UDP flow as it is tracked: whoever tracks it may know more of it. */
export interface TrackedFlow {
  readonly family: IpFamily;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** Who answers: the endpoint it was sent to; the destination itself where nothing was translated. */
  readonly answeredBy: IpAddress;
  readonly answeredPort: number;
}

/** Where clients dial, and who serves there. */
export interface ServedPlace {
  readonly family: IpFamily;
  /** Absent: every address of the node (node ports). */
  readonly address?: IpAddress;
  readonly port: number;
  /** `address port` of each. */
  readonly endpoints: ReadonlySet<string>;
}

/** By {@link ServedPlace}'s own family, address and port. */
export type ServedPlaces = ReadonlyMap<string, ServedPlace>;

/** Every place where UDP services answer. Of several services that claim one, the smallest key has it. */
export function servedPlaces(state: DesiredState): ServedPlaces {
  return servedAmong(state, () => true);
}

/** Those places at which the way from one state to the other leaves flows behind: an endpoint went, or the first one came. */
export function placesWithStaleFlows(before: DesiredState, after: DesiredState): ServedPlaces {
  const touched = touchedPlaces(before, after);
  if (touched.size === 0) return new Map();
  const [old, now] = [before, after].map((state) => servedAmong(state, (place) => touched.has(place)));
  const stale = new Map<string, ServedPlace>();
  for (const place of touched) {
    const known = old?.get(place);
    const served = now?.get(place) ?? (known && { ...known, endpoints: NOBODY });
    if (served !== undefined && leavesFlows(known?.endpoints, served.endpoints)) stale.set(place, served);
  }
  return stale;
}

/**
 * Of the flows that are tracked, those to one of the places that lead to nobody who serves there. What nobody translated is stale where
 * somebody else serves; a node port is met at one of `localAddresses` alone.
 */
export function staleServiceFlows<Flow extends TrackedFlow>(
  tracked: readonly Flow[],
  places: ServedPlaces,
  localAddresses: ReadonlySet<IpAddress>,
): readonly Flow[] {
  return tracked.filter((flow) => {
    const { family, destination, destinationPort: port, answeredBy, answeredPort } = flow;
    const place =
      places.get(placeOf(family, { address: destination, port })) ??
      (localAddresses.has(destination) ? places.get(placeOf(family, { port })) : undefined);
    if (place === undefined) return false;
    if (place.endpoints.has(endpointKey(answeredBy, answeredPort))) return false;
    const isTranslated = answeredBy !== destination || answeredPort !== port;
    return isTranslated || place.endpoints.size > 0;
  });
}

const NOBODY: ReadonlySet<string> = new Set();

/** Nobody knows what somebody else made of flows to a place that is new. */
function leavesFlows(known: ReadonlySet<string> | undefined, now: ReadonlySet<string>): boolean {
  if (known === undefined) return true;
  if (known.size === 0) return now.size > 0;
  for (const endpoint of known) if (!now.has(endpoint)) return true;
  return false;
}

/** Where services that differ answer, before or after. An object that did not change is the same one. */
function touchedPlaces(before: DesiredState, after: DesiredState): ReadonlySet<string> {
  const touched = new Set<string>();
  const touch = (service: ServicePort | undefined): void => {
    if (service?.protocol !== UDP) return;
    for (const frontend of service.frontends) touched.add(placeOf(service.family, frontend));
  };
  for (const key of keysThatMayDiffer(before.services, after.services)) {
    const [old, now] = [before.services.get(key), after.services.get(key)];
    if (old === now) continue;
    touch(old);
    touch(now);
  }
  return touched;
}

/** A floating address goes before any service at the same one. */
function servedAmong(state: DesiredState, isMeant: (place: string) => boolean): ServedPlaces {
  const floating = floatingTargets(state);
  const holders = new Map<string, { readonly service: ServicePort; readonly frontend: Frontend }>();
  for (const service of state.services.values()) {
    if (service.protocol !== UDP) continue;
    for (const frontend of service.frontends) {
      if (frontend.address !== undefined && floating.has(frontend.address)) continue;
      const place = placeOf(service.family, frontend);
      const holder = holders.get(place);
      if (isMeant(place) && (holder === undefined || service.key < holder.service.key)) {
        holders.set(place, { service, frontend });
      }
    }
  }
  return new Map([...holders].map(([place, { service, frontend }]) => [place, servedPlace(service, frontend)]));
}

function servedPlace(service: ServicePort, { address, port }: Frontend): ServedPlace {
  const endpoints = servingEndpoints(service).map((endpoint) => endpointKey(endpoint.address, endpoint.port));
  return { family: service.family, ...(address !== undefined && { address }), port, endpoints: new Set(endpoints) };
}

function endpointKey(address: IpAddress, port: number): string {
  return `${address} ${port}`;
}

function placeOf(family: IpFamily, { address, port }: { readonly address?: IpAddress; readonly port: number }): string {
  return `${family} ${address ?? 'node'} ${port}`;
}
