/** BPF programs on an interface by the queueing discipline clsact: for kernels without TCX (man 8 tc-bpf, linux/pkt_cls.h). */
import { LinuxError } from '../linux-error';
import type { NetworkNamespace } from '../network-namespace';
import { ERRNO, formatErrno } from '../system-calls';
import { encodeAttributes, type NetlinkAttribute, parseAttributes, textOf, u32, zeroEnded } from './message';
import { NETLINK_PROTOCOL, NetlinkSocket, REQUEST_FLAG } from './netlink-socket';

/** `ingress`: what comes in by the interface; `egress`: what leaves by it. */
export type FilterDirection = 'ingress' | 'egress';

/** The place of a filter: of two on one side of an interface, that with the smaller priority, then handle, is asked first. */
export interface FilterPlace {
  readonly linkIndex: number;
  readonly direction: FilterDirection;
  /** 1-65535. */
  readonly priority: number;
  /** From 1 on. */
  readonly handle: number;
}

/** A BPF filter as it is in force. */
export interface BpfFilter extends FilterPlace {
  readonly name: string;
  /** The kernel's number of the program. */
  readonly programId: number;
}

const RTM_NEWQDISC = 36;
const RTM_DELQDISC = 37;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const RTM_GETTFILTER = 46;
const TCA = { KIND: 1, OPTIONS: 2 } as const;
const TCA_BPF = { FD: 6, NAME: 7, FLAGS: 8, ID: 11 } as const;
/** The program's result is the verdict; no action stands behind it. */
const ACT_DIRECT = 1;
/** `struct tcmsg`: family, interface, handle, parent, info. */
const HEADER_BYTES = 20;
const CLSACT_PARENT = 0xfffffff1;
const CLSACT_HANDLE = 0xffff0000;
const PARENTS: Readonly<Record<FilterDirection, number>> = { ingress: 0xfffffff2, egress: 0xfffffff3 };
/** ETH_P_ALL in network order. */
const EVERY_PROTOCOL = 0x0300;

/**
 * Makes an interface able to have filters. False: it was already.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function addClsact(namespace: NetworkNamespace, linkIndex: number): boolean {
  const flags = REQUEST_FLAG.create | REQUEST_FLAG.exclusive;
  const header = tcHeader(linkIndex, CLSACT_HANDLE, CLSACT_PARENT, 0);
  const payload = Buffer.concat([header, encodeAttributes([kind('clsact')])]);
  const result = request(namespace, RTM_NEWQDISC, payload, flags);
  if (result === -ERRNO.EEXIST) return false;
  expectDone(`clsact on interface ${linkIndex}`, result);
  return true;
}

/**
 * Takes clsact off, and with it every filter, whoever put it there. False: there was none.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function removeClsact(namespace: NetworkNamespace, linkIndex: number): boolean {
  const header = tcHeader(linkIndex, CLSACT_HANDLE, CLSACT_PARENT, 0);
  return removed(`clsact off interface ${linkIndex}`, request(namespace, RTM_DELQDISC, header));
}

/**
 * Puts a loaded program of type sched_cls there, in the place of what was there before, between two packets.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL, also where the interface has no clsact
 */
export function putBpfFilter(
  namespace: NetworkNamespace,
  place: FilterPlace,
  program: { readonly fd: number; readonly name: string },
): void {
  const options: readonly NetlinkAttribute[] = [
    { type: TCA_BPF.FD, value: u32(program.fd) },
    { type: TCA_BPF.NAME, value: zeroEnded(program.name) },
    { type: TCA_BPF.FLAGS, value: u32(ACT_DIRECT) },
  ];
  const attributes = encodeAttributes([kind('bpf'), { type: TCA.OPTIONS, value: options }]);
  const payload = Buffer.concat([filterHeader(place), attributes]);
  const result = request(namespace, RTM_NEWTFILTER, payload, REQUEST_FLAG.create | REQUEST_FLAG.replace);
  expectDone(`filter ${program.name} on interface ${place.linkIndex}`, result);
}

/**
 * False: there was none.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function removeBpfFilter(namespace: NetworkNamespace, place: FilterPlace): boolean {
  const payload = Buffer.concat([filterHeader(place), encodeAttributes([kind('bpf')])]);
  return removed(`filter off interface ${place.linkIndex}`, request(namespace, RTM_DELTFILTER, payload));
}

/**
 * The BPF filters of one side of an interface, whoever put them there; none where it has no clsact.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function readBpfFilters(
  namespace: NetworkNamespace,
  linkIndex: number,
  direction: FilterDirection,
): readonly BpfFilter[] {
  const socket = NetlinkSocket.open(namespace, NETLINK_PROTOCOL.route);
  try {
    const messages = socket.dump(RTM_GETTFILTER, tcHeader(linkIndex, 0, PARENTS[direction], 0));
    return messages.flatMap(({ payload }) => parseFilter(payload, linkIndex, direction));
  } finally {
    socket.close();
  }
}

/** The kernel tells of a filter's priority once by itself, then of each program under it. */
function parseFilter(payload: Buffer, linkIndex: number, direction: FilterDirection): readonly BpfFilter[] {
  if (payload.length < HEADER_BYTES) return [];
  const attributes = parseAttributes(payload.subarray(HEADER_BYTES));
  const options = attributes.get(TCA.OPTIONS);
  if (options === undefined || textOf(attributes.get(TCA.KIND) ?? Buffer.alloc(0)) !== 'bpf') return [];
  const parsed = parseAttributes(options);
  const id = parsed.get(TCA_BPF.ID);
  const handle = payload.readUInt32LE(8);
  if (id === undefined || handle === 0) return [];
  const name = textOf(parsed.get(TCA_BPF.NAME) ?? Buffer.alloc(0));
  return [{ linkIndex, direction, priority: payload.readUInt16LE(18), handle, name, programId: id.readUInt32LE(0) }];
}

function kind(name: string): NetlinkAttribute {
  return { type: TCA.KIND, value: zeroEnded(name) };
}

function filterHeader({ linkIndex, direction, priority, handle }: FilterPlace): Buffer {
  return tcHeader(linkIndex, handle, PARENTS[direction], ((priority << 16) | EVERY_PROTOCOL) >>> 0);
}

function tcHeader(linkIndex: number, handle: number, parent: number, info: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(linkIndex, 4);
  header.writeUInt32LE(handle, 8);
  header.writeUInt32LE(parent, 12);
  header.writeUInt32LE(info, 16);
  return header;
}

function request(namespace: NetworkNamespace, type: number, payload: Buffer, flags = 0): number {
  const socket = NetlinkSocket.open(namespace, NETLINK_PROTOCOL.route);
  try {
    return socket.request(type, payload, flags);
  } finally {
    socket.close();
  }
}

/** ENOENT: there is no such filter. EINVAL: there is no clsact. */
function removed(what: string, result: number): boolean {
  if (result === -ERRNO.ENOENT || result === -ERRNO.EINVAL) return false;
  expectDone(what, result);
  return true;
}

function expectDone(what: string, result: number): void {
  if (result < 0) throw new LinuxError('PP_LINUX_SYSTEM_CALL', `${what}: ${formatErrno(-result)}`);
}
