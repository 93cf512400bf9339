/** The two ends of a traced packet, as users write them. */
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

/** Who sends the packet. `host`: a process of the node whose dataplane is asked. */
export type TraceSource =
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'host' }
  | { readonly kind: 'address'; readonly address: IpAddress };

/** What the sender dials. */
export interface TraceDestination {
  readonly address: IpAddress;
  /** Present exactly for protocols with ports. */
  readonly port?: Port;
  readonly protocol: Protocol;
  /** Present exactly for ICMP: an echo request. */
  readonly icmp?: IcmpMatch;
}

/**
 * Reads `pod:NAMESPACE/NAME`, `node:NAME`, `host` or an IP address.
 * @throws CliError PP_CLI_USAGE
 */
export function parseTraceSource(text: string): TraceSource {
  if (text === 'host') return { kind: 'host' };
  const [, kind, namespace, name] = /^(pod|node):(?:([^/\s]+)\/)?([^/\s]+)$/.exec(text) ?? [];
  if (kind === 'pod' && namespace !== undefined && name !== undefined) return { kind, namespace, name };
  if (kind === 'node' && namespace === undefined && name !== undefined) return { kind, name };
  const address = orUndefined(() => parseIpAddress(text));
  if (address !== undefined) return { kind: 'address', address };
  throw usage(`--from ${text} is none of pod:NAMESPACE/NAME, node:NAME, host and an IP address`);
}

/**
 * Reads `IP:PORT[/PROTO]`; an IPv6 address in brackets; for a protocol without ports `IP/PROTO`. TCP unless said otherwise.
 * @throws CliError PP_CLI_USAGE
 */
export function parseTraceDestination(text: string): TraceDestination {
  const [, bracketed, plain, portText, protocolText] =
    /^(?:\[([^\]]+)\]|([^:[\]/]+))(?::(\d{1,5}))?(?:\/(\w+))?$/.exec(text) ?? [];
  const address = orUndefined(() => parseIpAddress(bracketed ?? plain ?? ''));
  if (address === undefined) throw usage(`--to ${text} is not IP:PORT or IP:PORT/PROTOCOL ([IP]:PORT for IPv6)`);
  const protocol = protocolText === undefined ? TCP : orUndefined(() => protocolFor(address, protocolText));
  if (protocol === undefined) {
    throw usage(`--to ${text}: ${protocolText} is not a protocol (tcp, udp, sctp, icmp or a number up to 255)`);
  }
  if (!hasPorts(protocol)) {
    if (portText !== undefined) throw usage(`--to ${text}: ${protocolText} has no ports`);
    return protocol === ICMP || protocol === ICMPV6
      ? { address, protocol, icmp: { type: protocol === ICMP ? 8 : 128, code: 0 } }
      : { address, protocol };
  }
  if (portText === undefined) throw usage(`--to ${text}: the port is missing`);
  const port = orUndefined(() => parsePort(Number(portText)));
  if (port === undefined) throw usage(`--to ${text}: ${portText} is not a port (1-65535)`);
  return { address, port, protocol };
}

/** Who says icmp to an IPv6 address means ICMPv6. */
function protocolFor(address: IpAddress, text: string): Protocol {
  const protocol = parseProtocol(text);
  return protocol === ICMP && familyOf(address) === 6 ? ICMPV6 : protocol;
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
