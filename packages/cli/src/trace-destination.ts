/** What a traced packet is sent to, as users write it, and the addresses that this means in a cluster. */
import {
  familyOf,
  hasPorts,
  ICMP,
  ICMPV6,
  type IcmpMatch,
  type IpAddress,
  type Port,
  type Protocol,
  parseIpAddress,
  parsePort,
  parseProtocol,
  TCP,
} from '@polyplane/core';
import { CliError } from './cli-error';
import { addressesOfPod, type Cluster, podOf, serviceOf } from './cluster';
import { type PortHolder, portsOfAddress, portsOfPod, portsOfService, resolvePort } from './dialled-port';

/** What the sender dials, by name or by address. */
export interface TraceDestination {
  readonly host:
    | { readonly kind: 'address'; readonly address: IpAddress }
    | { readonly kind: 'pod' | 'svc'; readonly namespace: string; readonly name: string };
  /** A number or a name; absent exactly for a protocol without ports. */
  readonly port?: Port | string;
  /** Absent: that of the port, else TCP. */
  readonly protocol?: Protocol;
}

/** An address that the sender dials. */
export interface DialledAddress {
  readonly address: IpAddress;
  /** Present exactly for protocols with ports. */
  readonly port?: Port;
  readonly protocol: Protocol;
  /** Present exactly for ICMP: an echo request. */
  readonly icmp?: IcmpMatch;
}

/**
 * Reads `IP:PORT[/PROTO]` (an IPv6 address in brackets), `pod:NAMESPACE/NAME:PORT[/PROTO]` or `svc:NAMESPACE/NAME:PORT[/PROTO]`; for a
 * protocol without ports the same without `:PORT`. PORT is a number or a name.
 * @throws CliError PP_CLI_USAGE
 */
export function parseTraceDestination(text: string): TraceDestination {
  const [, hostText = '', portText, protocolText] =
    /^(\[[^\]]+\]|(?:pod|svc):[^/:\s]+\/[^/:\s]+|[^:[\]/]+)(?::([A-Za-z0-9-]{1,63}))?(?:\/(\w+))?$/.exec(text) ?? [];
  const host = hostIn(hostText);
  if (host === undefined) {
    throw usage(
      `--to ${text} is not IP:PORT ([IP]:PORT for IPv6), pod:NAMESPACE/NAME:PORT or svc:NAMESPACE/NAME:PORT, each with /PROTOCOL or without`,
    );
  }
  const protocol = protocolText === undefined ? undefined : orUndefined(() => parseProtocol(protocolText));
  if (protocolText !== undefined && protocol === undefined) {
    throw usage(`--to ${text}: ${protocolText} is not a protocol (tcp, udp, sctp, icmp or a number up to 255)`);
  }
  if (protocol !== undefined && !hasPorts(protocol)) {
    if (portText !== undefined) throw usage(`--to ${text}: ${protocolText} has no ports`);
    return { host, protocol };
  }
  if (portText === undefined) throw usage(`--to ${text}: the port is missing`);
  const port = portIn(portText);
  if (port === undefined) throw usage(`--to ${text}: ${portText} is not a port (1-65535)`);
  return { host, port, ...(protocol === undefined ? {} : { protocol }) };
}

/**
 * The addresses that are meant, in the order in which a client would try them; of a service its cluster addresses.
 * @throws CliError PP_CLI_POD_UNKNOWN, PP_CLI_SERVICE_UNKNOWN, PP_CLI_PORT_UNKNOWN, PP_CLI_USAGE when a port's name means several
 */
export function dialledAddresses(
  { host, port, protocol }: TraceDestination,
  cluster: Cluster,
): readonly DialledAddress[] {
  const { addresses, ports } = targetOf(host, cluster);
  // Who writes an address and a number says nothing of an object whose port it is.
  const said = protocol ?? (host.kind === 'address' && typeof port === 'number' ? TCP : undefined);
  const dialled = port === undefined ? { protocol: said ?? TCP } : resolvePort(port, said, ports);
  return addresses.map((address) => dial(address, dialled));
}

function dial(
  address: IpAddress,
  { port, protocol }: { readonly port?: Port; readonly protocol: Protocol },
): DialledAddress {
  // Who says icmp to an IPv6 address means ICMPv6.
  const own = protocol === ICMP && familyOf(address) === 6 ? ICMPV6 : protocol;
  return {
    address,
    ...(port === undefined ? {} : { port }),
    protocol: own,
    ...(own === ICMP || own === ICMPV6 ? { icmp: { type: own === ICMP ? 8 : 128, code: 0 } } : {}),
  };
}

interface Target {
  readonly addresses: readonly IpAddress[];
  readonly ports: PortHolder;
}

function targetOf(host: TraceDestination['host'], cluster: Cluster): Target {
  if (host.kind === 'address') {
    const { address } = host;
    return { addresses: [address], ports: { of: address, list: portsOfAddress(address, cluster) } };
  }
  const { kind, namespace, name } = host;
  if (kind === 'pod') {
    const pod = podOf(cluster, namespace, name);
    return { addresses: addressesOfPod(pod), ports: { of: `pod ${namespace}/${name}`, list: portsOfPod(pod) } };
  }
  const service = serviceOf(cluster, namespace, name);
  const { clusterIPs, isHeadless, type } = service.spec;
  if (clusterIPs.length === 0) {
    const lack = isHeadless ? 'it is headless' : type === 'ExternalName' ? 'it is a name only' : 'none is allocated';
    const what = `service ${namespace}/${name} has no cluster IP: ${lack}`;
    throw new CliError('PP_CLI_SERVICE_UNKNOWN', what);
  }
  const ports = { of: `service ${namespace}/${name}`, list: portsOfService(service), isComplete: true };
  return { addresses: clusterIPs, ports };
}

function hostIn(text: string): TraceDestination['host'] | undefined {
  const [, kind, namespace, name] = /^(pod|svc):([^/]+)\/(.+)$/.exec(text) ?? [];
  if ((kind === 'pod' || kind === 'svc') && namespace !== undefined && name !== undefined) {
    return { kind, namespace, name };
  }
  const address = orUndefined(() => parseIpAddress(text.replace(/^\[(.*)\]$/, '$1')));
  return address === undefined ? undefined : { kind: 'address', address };
}

/** Digits are a number, whatever else a name. */
function portIn(text: string): Port | string | undefined {
  return /^\d+$/.test(text) ? orUndefined(() => parsePort(Number(text))) : text;
}

function orUndefined<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function usage(message: string): CliError {
  return new CliError('PP_CLI_USAGE', message);
}
