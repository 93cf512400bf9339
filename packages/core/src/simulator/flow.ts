/** A packet in the form in which rules look at it. */
import {
  type AddressPort,
  addressPortOf,
  familyOf,
  hasPorts,
  type IcmpMatch,
  type IpAddress,
  type IpFamily,
  type Port,
  type Protocol,
} from '../state';
import { type AddressValue, addressValueOf } from './address-value';
import type { Packet } from './packet';

/** The port of a sender that did not say which: one that systems use for outgoing connections. */
export const EPHEMERAL_PORT = 47123 as Port;

/** Source or destination of a packet. */
export class FlowEnd {
  readonly value: AddressValue;
  private member: AddressPort | undefined;

  /** `port` is absent where the protocol has none. */
  constructor(
    readonly address: IpAddress,
    readonly protocol: Protocol,
    readonly port: Port | undefined,
  ) {
    this.value = addressValueOf(address);
  }

  /** How this end stands in an `addressPort` set; absent for a protocol without ports. */
  get addressPort(): AddressPort | undefined {
    if (this.member === undefined && this.port !== undefined) {
      this.member = addressPortOf(this.address, this.protocol, this.port);
    }
    return this.member;
  }
}

export interface Flow {
  readonly family: IpFamily;
  readonly protocol: Protocol;
  readonly source: FlowEnd;
  readonly destination: FlowEnd;
  readonly icmp: IcmpMatch | undefined;
}

export function flowOf(packet: Packet): Flow {
  const { protocol } = packet;
  const sourcePort = hasPorts(protocol) ? (packet.sourcePort ?? EPHEMERAL_PORT) : undefined;
  const destinationPort = hasPorts(protocol) ? packet.destinationPort : undefined;
  return {
    family: familyOf(packet.source),
    protocol,
    source: new FlowEnd(packet.source, protocol, sourcePort),
    destination: new FlowEnd(packet.destination, protocol, destinationPort),
    icmp: packet.icmp,
  };
}

/** The flow after its destination was translated. */
export function redirected(flow: Flow, address: IpAddress, port: Port | undefined): Flow {
  return { ...flow, destination: new FlowEnd(address, flow.protocol, port) };
}
