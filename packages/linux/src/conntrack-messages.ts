/** Requests to connection tracking, as netlink carries them (linux/netlink.h, linux/netfilter/nfnetlink_conntrack.h). */
import { addressBits, type IpAddress, type IpFamily } from '@polyplane/core/address';
import { encodeAttributes, encodeMessage, type NetlinkAttribute, parseMessages } from './netlink/message';
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
const NFGENMSG_BYTES = 4;
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
  const addresses: readonly NetlinkAttribute[] = [
    { type: CTA_IP[family].source, value: addressBytes(family, source) },
    { type: CTA_IP[family].destination, value: addressBytes(family, destination) },
  ];
  const protocol: readonly NetlinkAttribute[] = [
    { type: CTA_PROTO_NUM, value: Buffer.of(IPPROTO_UDP) },
    { type: CTA_PROTO_SRC_PORT, value: portBytes(sourcePort) },
    { type: CTA_PROTO_DST_PORT, value: portBytes(destinationPort) },
  ];
  const tuple: readonly NetlinkAttribute[] = [
    { type: CTA_TUPLE_IP, value: addresses },
    { type: CTA_TUPLE_PROTO, value: protocol },
  ];
  return encodeDelete(family === 4 ? AF_INET : AF_INET6, encodeAttributes([{ type: CTA_TUPLE_ORIG, value: tuple }]));
}

/** Error numbers, negated or 0, of the answers in what was received: one for each request. */
export function decodeAnswers(received: Buffer): readonly number[] {
  return parseMessages(received).map(({ payload }) => payload.readInt32LE(0));
}

function encodeDelete(addressFamily: number, attributes: Buffer): Buffer {
  const header = Buffer.alloc(NFGENMSG_BYTES);
  header.writeUInt8(addressFamily, 0);
  return encodeMessage({
    type: (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    sequence: 0,
    payload: Buffer.concat([header, attributes]),
  });
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
