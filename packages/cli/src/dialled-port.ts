/** The port that a destination's name or number means. */
import {
  formatProtocol,
  type IpAddress,
  type Port,
  type Protocol,
  parseProtocol,
  type ResourceOf,
  TCP,
} from '@polyplane/core';
import { CliError } from './cli-error';
import { type Cluster, resourcesOf } from './cluster';
import { formatNearNames } from './near-names';

/** A port that an object names. */
export interface DialledPort {
  readonly name?: string;
  readonly port: Port;
  readonly protocol: Protocol;
}

export function portsOfPod({ spec }: ResourceOf<'Pod'>): readonly DialledPort[] {
  return spec.ports.map(({ name, containerPort, protocol }) => ({
    ...(name === undefined ? {} : { name }),
    port: containerPort,
    protocol: parseProtocol(protocol),
  }));
}

export function portsOfService({ spec }: ResourceOf<'Service'>): readonly DialledPort[] {
  return spec.ports.map(({ name, port, protocol }) => ({ name, port, protocol: parseProtocol(protocol) }));
}

/** Those of the services and pods that have the address. */
export function portsOfAddress(address: IpAddress, cluster: Cluster): readonly DialledPort[] {
  const services = resourcesOf(cluster, 'Service').filter(({ spec, status }) =>
    [...spec.clusterIPs, ...spec.externalIPs, ...status.loadBalancer.map(({ ip }) => ip)].includes(address),
  );
  const pods = resourcesOf(cluster, 'Pod').filter(({ status }) => status.podIPs.includes(address));
  return [...services.flatMap(portsOfService), ...pods.flatMap(portsOfPod)];
}

/** Where a port is looked up. */
export interface PortHolder {
  /** What has the ports, for messages. */
  readonly of: string;
  readonly list: readonly DialledPort[];
  /** Nothing answers on another port, as of a service: a number that is not in the list is a mistake. */
  readonly isComplete?: boolean;
}

/**
 * The number and protocol that are meant. A number without a protocol is TCP's, unless the object has it for another one only.
 * @throws CliError PP_CLI_PORT_UNKNOWN; PP_CLI_USAGE when a name means several
 */
export function resolvePort(
  port: Port | string,
  protocol: Protocol | undefined,
  { of, list, isComplete = false }: PortHolder,
): { readonly port: Port; readonly protocol: Protocol } {
  if (typeof port === 'number') {
    const meant = { port, protocol: protocol ?? protocolOf(port, list) };
    if (isComplete && !list.some((one) => one.port === port && one.protocol === meant.protocol)) {
      const asked = protocol === undefined ? `${port}` : formatPort(meant);
      throw new CliError('PP_CLI_PORT_UNKNOWN', `${of} has no port ${asked}; ${listPorts(list)}`);
    }
    return meant;
  }
  const named = list.filter((one) => one.name === port && (protocol === undefined || one.protocol === protocol));
  const [first, ...others] = named;
  if (first === undefined) {
    const names = list.flatMap(({ name }) => (name === undefined || name === '' ? [] : [name]));
    const kind = protocol === undefined ? '' : ` for ${formatProtocol(protocol)}`;
    throw new CliError(
      'PP_CLI_PORT_UNKNOWN',
      `${of} has no port named ${port}${kind}; ${formatNearNames(port, names)}`,
    );
  }
  if (others.some((other) => other.port !== first.port || other.protocol !== first.protocol)) {
    const meant = named.map(formatPort).join(', ');
    throw new CliError('PP_CLI_USAGE', `port ${port} of ${of} means ${meant}; say which by its number`);
  }
  return { port: first.port, protocol: first.protocol };
}

function protocolOf(port: Port, list: readonly DialledPort[]): Protocol {
  const protocols = new Set(list.filter((one) => one.port === port).map((one) => one.protocol));
  const [only] = protocols;
  return only !== undefined && protocols.size === 1 ? only : TCP;
}

function listPorts(list: readonly DialledPort[]): string {
  if (list.length === 0) return 'there are none at all';
  const ports = list.map((one) => (one.name ? `${formatPort(one)} (${one.name})` : formatPort(one)));
  return `there is ${ports.join(', ')}`;
}

function formatPort({ port, protocol }: Pick<DialledPort, 'port' | 'protocol'>): string {
  return `${port}/${formatProtocol(protocol)}`;
}
