/** The prober: talks from any host of a testbed to any address, many at once, without a process of its own for any of them. */
import { familyOf, ICMP, ICMPV6, type IpAddress, type Port, type Protocol, TCP, UDP } from '@polyplane/core';
import {
  allowAddressReuse,
  bindSocket,
  closeFd,
  ERRNO,
  formatErrno,
  must,
  type NetworkNamespace,
  openSocket,
  SOCK_STREAM,
} from '@polyplane/linux';
import { ConformanceError } from '../conformance-error';
import { attemptProbe } from './attempt';
import { datagramSocketOf, dialogueOf } from './dialogue';
import { openListener } from './listener';
import {
  DEFAULT_PROBE_TIMEOUTS,
  type HostName,
  type ProbeRequest,
  type ProbeResult,
  type ProbeTimeouts,
} from './probe';
import { openRawListener } from './raw-listener';
import { encodeSocketAddress, socketFamilyOf } from './socket-address';
import { SocketLoop } from './socket-loop';

/** What listeners listen on: a port, or a whole protocol that has none. */
export interface ListeningPort {
  readonly protocol: Protocol;
  readonly port?: Port;
}

/** Sockets that are open at once; well below the usual limit of open files. */
const CONCURRENT_PROBES = 400;
/** Ephemeral by IANA (RFC 6335), so that no rule names them. */
const FIRST_SOURCE_PORT = 49152;
const SOURCE_PORTS = 16384;

export class Prober {
  private readonly loop = new SocketLoop();
  private readonly namespaces = new Map<HostName, NetworkNamespace>();
  private readonly listeners = new Map<HostName, number[]>();
  private usedSourcePorts = 0;
  private isClosed = false;

  constructor(private readonly timeouts: ProbeTimeouts = DEFAULT_PROBE_TIMEOUTS) {}

  hasHost(name: HostName): boolean {
    return this.namespaces.has(name);
  }

  addHost(name: HostName, namespace: NetworkNamespace): void {
    this.namespaces.set(name, namespace);
  }

  /** Closes the host's listeners too. */
  removeHost(name: HostName): void {
    this.closeListeners(name);
    this.namespaces.delete(name);
  }

  /**
   * Makes a host listen on exactly these ports of exactly these addresses, and answer in its own name.
   * @throws LinuxError PP_LINUX_SYSTEM_CALL; ConformanceError PP_TESTBED_UNKNOWN_HOST
   */
  listen(name: HostName, addresses: readonly IpAddress[], ports: readonly ListeningPort[]): void {
    this.closeListeners(name);
    const opened: number[] = [];
    this.listeners.set(name, opened);
    const rawProtocols = new Set(ports.map(({ protocol }) => protocol).filter((protocol) => !hasSockets(protocol)));
    this.namespaceOf(name).run(() => {
      for (const address of addresses) {
        for (const { protocol, port } of ports) {
          if (port === undefined || !hasSockets(protocol)) continue;
          opened.push(openListener(this.loop, { name, address: { address, port }, protocol }));
        }
        for (const protocol of rawProtocols) {
          if (protocol === FOREIGN_ICMP[familyOf(address)]) continue;
          opened.push(openRawListener(this.loop, { name, address, protocol, ports: portsOf(ports, protocol) }));
        }
      }
    });
  }

  /**
   * Results in the order of the requests.
   * @throws ConformanceError PP_TESTBED_UNKNOWN_HOST; LinuxError PP_LINUX_SYSTEM_CALL
   */
  async probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
    const results: ProbeResult[] = [];
    for (let first = 0; first < requests.length; first += CONCURRENT_PROBES) {
      const batch = requests.slice(first, first + CONCURRENT_PROBES);
      results.push(...(await Promise.all(batch.map((request) => this.probeOne(request)))));
    }
    return results;
  }

  /** Probes that are under way end as timeouts. */
  close(): void {
    this.isClosed = true;
    for (const name of [...this.listeners.keys()]) this.closeListeners(name);
    this.loop.close();
  }

  private async probeOne(request: ProbeRequest): Promise<ProbeResult> {
    const first = await this.attempt(request, this.timeouts.firstMilliseconds);
    return first.outcome === 'timeout' && request.isAnswerExpected && !this.isClosed
      ? this.attempt(request, this.timeouts.secondMilliseconds)
      : first;
  }

  private async attempt(request: ProbeRequest, timeoutMilliseconds: number): Promise<ProbeResult> {
    const { protocol, destination } = request;
    const isTcp = protocol === TCP;
    const socket = isTcp ? { type: SOCK_STREAM, protocol: 0 } : datagramSocketOf(protocol);
    const namespace = this.namespaceOf(request.from);
    const fd = must(
      'socket',
      namespace.run(() => openSocket(socketFamilyOf(destination), socket.type, socket.protocol)),
    );
    const source = hasSockets(protocol) ? this.bindSource(fd, request) : this.bindRawSource(fd, request);
    if (typeof source === 'object') {
      const dialogue = isTcp ? undefined : dialogueOf(request, source.port);
      return attemptProbe(this.loop, fd, request, dialogue, timeoutMilliseconds);
    }
    closeFd(fd);
    return { outcome: 'notSendable', reason: `cannot send from this address and port: ${formatErrno(-source)}` };
  }

  /** The port that the probe has got, or an error number. */
  private bindSource(fd: number, request: ProbeRequest): { readonly port: Port } | number {
    const address = request.sourceAddress ?? ANY_ADDRESS[familyOf(request.destination)];
    if (request.sourcePort !== undefined) {
      allowAddressReuse(fd);
      const bound = bindSocket(fd, encodeSocketAddress({ address, port: request.sourcePort }));
      return bound < 0 ? bound : { port: request.sourcePort };
    }
    for (let tries = 0; tries < SOURCE_PORTS; tries++) {
      const port = this.nextSourcePort();
      const bound = bindSocket(fd, encodeSocketAddress({ address, port }));
      if (bound !== -ERRNO.EADDRINUSE) return bound < 0 ? bound : { port };
    }
    return -ERRNO.EADDRINUSE;
  }

  /** A raw socket is bound to an address alone; the port, or what stands for it, goes into the packet. */
  private bindRawSource(
    fd: number,
    { sourceAddress, sourcePort, destination }: ProbeRequest,
  ): { readonly port: Port } | number {
    const address = sourceAddress ?? ANY_ADDRESS[familyOf(destination)];
    const bound = bindSocket(fd, encodeSocketAddress({ address }));
    return bound < 0 ? bound : { port: sourcePort ?? this.nextSourcePort() };
  }

  /** In turn, not at random: a flow must not meet the connection tracking of an earlier one. */
  private nextSourcePort(): Port {
    return (FIRST_SOURCE_PORT + (this.usedSourcePorts++ % SOURCE_PORTS)) as Port; // 49152-65535 is a port.
  }

  private namespaceOf(name: HostName): NetworkNamespace {
    const namespace = this.namespaces.get(name);
    if (namespace === undefined) throw new ConformanceError('PP_TESTBED_UNKNOWN_HOST', `no host ${name}`);
    return namespace;
  }

  private closeListeners(name: HostName): void {
    for (const fd of this.listeners.get(name) ?? []) this.loop.closeSocket(fd);
    this.listeners.delete(name);
  }
}

// The unspecified addresses: the sender's routes choose.
const ANY_ADDRESS = { 4: '0.0.0.0' as IpAddress, 6: '::' as IpAddress };

/** Each family has an ICMP of its own. */
const FOREIGN_ICMP = { 4: ICMPV6, 6: ICMP };

/** TCP and UDP have sockets; other protocols are spoken through raw ones. */
function hasSockets(protocol: Protocol): boolean {
  return protocol === TCP || protocol === UDP;
}

function portsOf(ports: readonly ListeningPort[], protocol: Protocol): ReadonlySet<Port> {
  return new Set(
    ports.flatMap((listening) => (listening.protocol === protocol && listening.port ? [listening.port] : [])),
  );
}
