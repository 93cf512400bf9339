/**
 * Which connection tracking entries a change of services leaves stale, from the old and the new state alone. A UDP client that
 * keeps sending keeps its entry alive, and with it an endpoint that is gone, or the refusal it once met.
 */
import {
  type DesiredState,
  type Frontend,
  type IpAddress,
  type IpFamily,
  type Port,
  type ServicePort,
  UDP,
} from '@polyplane/core/backend';

/** UDP flows by original destination and, where `endpoint` is set, by where they were sent. */
export interface FlowFilter {
  readonly family: IpFamily;
  /** Absent: any address (node ports). */
  readonly address?: IpAddress;
  readonly port: Port;
  readonly endpoint?: IpAddress;
}

/** Flows to endpoints that went, and flows to frontends that had no endpoint and have one now. */
export function staleFlows(before: DesiredState, after: DesiredState): readonly FlowFilter[] {
  const flows: FlowFilter[] = [];
  for (const old of before.services.values()) {
    const now = after.services.get(old.key);
    if (old.protocol === UDP && now !== old) flows.push(...flowsToGoneEndpoints(old, now));
  }
  for (const now of after.services.values()) {
    const old = before.services.get(now.key);
    if (now.protocol === UDP && now !== old) flows.push(...flowsToNowhere(old, now));
  }
  return flows;
}

/** Arguments of `conntrack`. */
export function formatFlowFilter(flow: FlowFilter): readonly string[] {
  return [
    '-D',
    '-f',
    flow.family === 4 ? 'ipv4' : 'ipv6',
    '-p',
    'udp',
    ...(flow.address === undefined ? [] : ['--orig-dst', flow.address]),
    '--orig-port-dst',
    String(flow.port),
    ...(flow.endpoint === undefined ? [] : ['--dst-nat', flow.endpoint]),
  ];
}

function flowsToGoneEndpoints(old: ServicePort, now: ServicePort | undefined): readonly FlowFilter[] {
  const kept = new Set(now === undefined ? [] : endpointAddresses(now));
  const gone = endpointAddresses(old).filter((address) => !kept.has(address));
  return old.frontends.flatMap((frontend) => gone.map((endpoint) => ({ ...flowOf(old, frontend), endpoint })));
}

function flowsToNowhere(old: ServicePort | undefined, now: ServicePort): readonly FlowFilter[] {
  if (endpointAddresses(now).length === 0) return [];
  const served = new Set(
    old === undefined || endpointAddresses(old).length === 0 ? [] : old.frontends.map(frontendKey),
  );
  return now.frontends
    .filter((frontend) => !served.has(frontendKey(frontend)))
    .map((frontend) => flowOf(now, frontend));
}

function flowOf(service: ServicePort, frontend: Frontend): FlowFilter {
  const { address, port } = frontend;
  return { family: service.family, port, ...(address === undefined ? {} : { address }) };
}

function endpointAddresses(service: ServicePort): readonly IpAddress[] {
  return [...new Set([...service.clusterEndpoints, ...service.localEndpoints].map((endpoint) => endpoint.address))];
}

function frontendKey(frontend: Frontend): string {
  return `${frontend.address ?? ''}|${frontend.port}`;
}
