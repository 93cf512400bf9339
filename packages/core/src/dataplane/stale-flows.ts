/**
 * Which connection tracking entries a change leaves stale, from the old and the new state alone. A UDP client that keeps
 * sending keeps its entry alive, and with it an endpoint that is gone, or the refusal it once met.
 */
import {
  type DesiredState,
  type Frontend,
  familyOf,
  type IpAddress,
  type IpFamily,
  type Port,
  type ServicePort,
  UDP,
} from '../state';
import { floatingTargets } from './floating-targets';

/** Entries to be forgotten. */
export type FlowFilter =
  /** UDP flows by original destination and, where `endpoint` is set, by where they were sent. */
  | {
      readonly kind: 'service';
      readonly family: IpFamily;
      /** Absent: any address (node ports). */
      readonly address?: IpAddress;
      readonly port: Port;
      readonly endpoint?: IpAddress;
    }
  /** Flows to an address that somebody answered: an endpoint, or who has the address itself. */
  | {
      readonly kind: 'answered';
      readonly family: IpFamily;
      readonly address: IpAddress;
      readonly answeredBy: IpAddress;
    }
  /** Flows that begin, or end, at an address of a workload. */
  | {
      readonly kind: 'workload';
      readonly family: IpFamily;
      readonly address: IpAddress;
      readonly end: 'source' | 'destination';
    };

/** A UDP flow as it is tracked. */
export interface TrackedFlow {
  readonly family: IpFamily;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  /** Who answers: the endpoint it was sent to; the destination itself where nothing was translated. */
  readonly answeredBy: IpAddress;
}

/** Flows to endpoints that went, and flows to frontends that had no endpoint and have one now. */
export function staleServiceFlows(before: DesiredState, after: DesiredState): readonly FlowFilter[] {
  const flows: FlowFilter[] = [];
  for (const old of before.services.values()) {
    if (old.protocol !== UDP) continue;
    const now = after.services.get(old.key);
    if (now !== old) flows.push(...flowsToGoneEndpoints(old, now));
  }
  for (const now of after.services.values()) {
    if (now.protocol !== UDP) continue;
    const old = before.services.get(now.key);
    if (now !== old) flows.push(...flowsToNowhere(old, now));
  }
  return flows;
}

/** Flows to floating addresses that stand for another workload now, or for none, and those that were there before any stood for one. */
export function staleFloatingFlows(before: DesiredState, after: DesiredState): readonly FlowFilter[] {
  const old = floatingTargets(before);
  const now = floatingTargets(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((address) => old.get(address) !== now.get(address))
    .map((address) => ({
      kind: 'answered',
      family: familyOf(address),
      address,
      answeredBy: old.get(address) ?? address,
    }));
}

/**
 * Where no state from before is known: flows that were found tracked, and that the floating addresses and services of `state` would
 * not have sent where they go.
 */
export function staleTrackedFlows(tracked: readonly TrackedFlow[], state: DesiredState): readonly FlowFilter[] {
  const byPlace = new Map<string, ServicePort>();
  for (const service of state.services.values()) {
    if (service.protocol !== UDP) continue;
    for (const frontend of service.frontends) byPlace.set(placeOf(service.family, frontend), service);
  }
  const floating = floatingTargets(state);
  return tracked.flatMap((flow): readonly FlowFilter[] => {
    const { family, destination: address, destinationPort, answeredBy } = flow;
    const target = floating.get(address);
    if (target !== undefined) return target === answeredBy ? [] : [{ kind: 'answered', family, address, answeredBy }];
    // Read from the kernel: a port it is.
    const port = destinationPort as Port;
    const isTranslated = address !== answeredBy;
    const service =
      byPlace.get(placeOf(family, { address, port })) ??
      (isTranslated ? byPlace.get(placeOf(family, { port })) : undefined);
    if (service === undefined) return [];
    const endpoints = endpointAddresses(service);
    if (endpoints.includes(answeredBy) || (endpoints.length === 0 && !isTranslated)) return [];
    return [{ kind: 'service', family, address, port, ...(isTranslated ? { endpoint: answeredBy } : {}) }];
  });
}

function flowsToGoneEndpoints(old: ServicePort, now: ServicePort | undefined): readonly FlowFilter[] {
  const kept = new Set(now === undefined ? [] : endpointAddresses(now));
  const gone = endpointAddresses(old).filter((address) => !kept.has(address));
  return old.frontends.flatMap((frontend) => gone.map((endpoint) => ({ ...flowOf(old, frontend), endpoint })));
}

function flowsToNowhere(old: ServicePort | undefined, now: ServicePort): readonly FlowFilter[] {
  if (endpointAddresses(now).length === 0) return [];
  const hadEndpoints = old !== undefined && endpointAddresses(old).length > 0;
  const served = new Set(hadEndpoints ? old.frontends.map((frontend) => placeOf(old.family, frontend)) : []);
  return now.frontends
    .filter((frontend) => !served.has(placeOf(now.family, frontend)))
    .map((frontend) => flowOf(now, frontend));
}

function flowOf({ family }: ServicePort, { address, port }: Frontend): FlowFilter & { readonly kind: 'service' } {
  return { kind: 'service', family, port, ...(address === undefined ? {} : { address }) };
}

function endpointAddresses(service: ServicePort): readonly IpAddress[] {
  return [...new Set([...service.clusterEndpoints, ...service.localEndpoints].map((endpoint) => endpoint.address))];
}

function placeOf(family: IpFamily, { address, port }: Pick<Frontend, 'address' | 'port'>): string {
  return `${family}|${address ?? ''}|${port}`;
}
