/** Requests to connection tracking, as netlink carries them (linux/netlink.h, linux/netfilter/nfnetlink_conntrack.h). */
import { addressBits, type IpAddress, type IpFamily } from '@polyplane/core/address';
import { AF_INET, AF_INET6 } from './system-calls';

/** A tracked UDP flow by its way there: connection tracking knows no two with the same. */
export interface UdpFlowKey {
  readonly family: IpFamily;
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
}

const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLMSG_HEADER_BYTES = 16;
const NFGENMSG_BYTES = 4;
const NLA_F_NESTED = 0x8000;
const NLA_HEADER_BYTES = 4;
const NLA_ALIGNMENT = 4;
const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
/** CTA_IP_V4_SRC, CTA_IP_V4_DST, CTA_IP_V6_SRC, CTA_IP_V6_DST. */
const CTA_IP = { 4: { source: 1, destination: 2 }, 6: { source: 3, destination: 4 } } as const;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
const IPPROTO_UDP = 17;

/** A delete request without a filter: all of the table. */
export function encodeDeleteAll(): Buffer {
  return encodeDelete(0, Buffer.alloc(0));
}

/** A delete request for one flow. */
export function encodeDeleteUdpFlow(flow: UdpFlowKey): Buffer {
  const { family, source, destination, sourcePort, destinationPort } = flow;
  const tuple = attribute(
    CTA_TUPLE_ORIG | NLA_F_NESTED,
    attribute(
      CTA_TUPLE_IP | NLA_F_NESTED,
      attribute(CTA_IP[family].source, addressBytes(family, source)),
      attribute(CTA_IP[family].destination, addressBytes(family, destination)),
    ),
    attribute(
      CTA_TUPLE_PROTO | NLA_F_NESTED,
      attribute(CTA_PROTO_NUM, Buffer.of(IPPROTO_UDP)),
      attribute(CTA_PROTO_SRC_PORT, portBytes(sourcePort)),
      attribute(CTA_PROTO_DST_PORT, portBytes(destinationPort)),
    ),
  );
  return encodeDelete(family === 4 ? AF_INET : AF_INET6, tuple);
}

/** Error numbers, negated or 0, of the answers in what was received: one for each request. */
export function decodeAnswers(received: Buffer): readonly number[] {
  const errors: number[] = [];
  for (let offset = 0; offset + NLMSG_HEADER_BYTES + 4 <= received.length; ) {
    const length = received.readUInt32LE(offset);
    if (length < NLMSG_HEADER_BYTES) break;
    errors.push(received.readInt32LE(offset + NLMSG_HEADER_BYTES));
    offset += aligned(length);
  }
  return errors;
}

function encodeDelete(addressFamily: number, attributes: Buffer): Buffer {
  const message = Buffer.alloc(NLMSG_HEADER_BYTES + NFGENMSG_BYTES + attributes.length);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE((NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE, 4);
  message.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK, 6);
  message.writeUInt8(addressFamily, NLMSG_HEADER_BYTES);
  attributes.copy(message, NLMSG_HEADER_BYTES + NFGENMSG_BYTES);
  return message;
}

/** Its length counts what is in it, without the bytes that fill it up. */
function attribute(type: number, ...content: readonly Buffer[]): Buffer {
  const value = Buffer.concat(content);
  const bytes = Buffer.alloc(aligned(NLA_HEADER_BYTES + value.length));
  bytes.writeUInt16LE(NLA_HEADER_BYTES + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  value.copy(bytes, NLA_HEADER_BYTES);
  return bytes;
}

function aligned(length: number): number {
  return Math.ceil(length / NLA_ALIGNMENT) * NLA_ALIGNMENT;
}

function addressBytes(family: IpFamily, address: IpAddress): Buffer {
  const digits = family === 4 ? 8 : 32;
  return Buffer.from(addressBits(address).toString(16).padStart(digits, '0'), 'hex');
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return bytes;
}
