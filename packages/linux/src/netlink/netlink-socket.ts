/** A netlink socket in a network namespace: requests with their answers, and messages that come unasked. */
import { LinuxError } from '../linux-error';
import type { NetworkNamespace } from '../network-namespace';
import {
  bindSocket,
  closeFd,
  ERRNO,
  enlargeReceiveBuffer,
  formatErrno,
  must,
  openSocket,
  receiveFrom,
  SOCK_RAW,
  sendTo,
} from '../system-calls';
import { encodeMessage, type NetlinkMessage, parseMessages } from './message';

/** Subsystems (linux/netlink.h). */
export const NETLINK_PROTOCOL = { route: 0, netfilter: 12 } as const;

/** Flags of requests beside those that every request has. */
export const REQUEST_FLAG = { replace: 0x100, exclusive: 0x200, create: 0x400 } as const;

const AF_NETLINK = 16;
const ADDRESS_BYTES = 12;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
/** Root and match: all of a table. */
const NLM_F_DUMP = 0x300;
/** The table changed while it was dumped. */
const NLM_F_DUMP_INTR = 0x10;
/** The kernel sends no more than 32 KiB at once. */
const RECEIVE_BYTES = 65536;
/** Room for what comes while this process is busy. */
const KERNEL_BUFFER_BYTES = 4 << 20;
const MOST_DUMPS = 10;

export class NetlinkSocket {
  private sequence = 0;
  private readonly room = Buffer.alloc(RECEIVE_BYTES);

  private constructor(readonly fd: number) {}

  /**
   * @param groups the multicast groups to be in, as bits
   * @throws LinuxError PP_LINUX_SYSTEM_CALL
   */
  static open(namespace: NetworkNamespace, protocol: number, groups = 0): NetlinkSocket {
    const fd = must(
      'socket(AF_NETLINK)',
      namespace.run(() => openSocket(AF_NETLINK, SOCK_RAW, protocol)),
    );
    try {
      if (groups !== 0) {
        enlargeReceiveBuffer(fd, KERNEL_BUFFER_BYTES);
        const address = Buffer.alloc(ADDRESS_BYTES);
        address.writeUInt16LE(AF_NETLINK, 0);
        address.writeUInt32LE(groups, 8);
        must('bind to netlink groups', bindSocket(fd, address));
      }
      return new NetlinkSocket(fd);
    } catch (error) {
      closeFd(fd);
      throw error;
    }
  }

  /**
   * Asks for a change. 0, or the negated error number with which the kernel refused it.
   * @throws LinuxError PP_LINUX_SYSTEM_CALL when there is no answer
   */
  request(type: number, payload: Buffer, flags = 0): number {
    const sequence = this.send(type, payload, NLM_F_REQUEST | NLM_F_ACK | flags);
    // The kernel has answered before `send` returns.
    for (;;) {
      for (const message of this.receiveAnswers()) {
        if (message.sequence === sequence && message.type === NLMSG_ERROR) return message.payload.readInt32LE(0);
      }
    }
  }

  /**
   * All of a table, as it was at one moment.
   * @throws LinuxError PP_LINUX_SYSTEM_CALL when the kernel refuses, or the table never holds still
   */
  dump(type: number, payload: Buffer): readonly NetlinkMessage[] {
    for (let attempt = 0; attempt < MOST_DUMPS; attempt += 1) {
      const messages = this.dumpOnce(type, payload);
      if (messages !== 'interrupted') return messages;
    }
    throw new LinuxError(
      'PP_LINUX_SYSTEM_CALL',
      `netlink: the table of request ${type} changes faster than it is read`,
    );
  }

  /** What has come so far. `overrun`: some of it was lost for want of room. */
  receive(): readonly NetlinkMessage[] | 'nothing' | 'overrun' {
    const length = receiveFrom(this.fd, this.room, Buffer.alloc(ADDRESS_BYTES));
    if (length === -ERRNO.EAGAIN || length === -ERRNO.EINTR) return 'nothing';
    if (length === -ERRNO.ENOBUFS) return 'overrun';
    must('receive from netlink', length);
    // The room is used again.
    return parseMessages(Buffer.from(this.room.subarray(0, length)));
  }

  close(): void {
    closeFd(this.fd);
  }

  private dumpOnce(type: number, payload: Buffer): readonly NetlinkMessage[] | 'interrupted' {
    const sequence = this.send(type, payload, NLM_F_REQUEST | NLM_F_DUMP);
    const messages: NetlinkMessage[] = [];
    let isInterrupted = false;
    for (;;) {
      for (const message of this.receiveAnswers()) {
        if (message.sequence !== sequence) continue;
        isInterrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_DONE) return isInterrupted ? 'interrupted' : messages;
        if (message.type === NLMSG_ERROR) {
          const error = formatErrno(-message.payload.readInt32LE(0));
          throw new LinuxError('PP_LINUX_SYSTEM_CALL', `netlink request ${type}: ${error}`);
        }
        messages.push(message);
      }
    }
  }

  private send(type: number, payload: Buffer, flags: number): number {
    this.sequence += 1;
    const message = encodeMessage({ type, flags, sequence: this.sequence, payload });
    must('send to netlink', sendTo(this.fd, message, null));
    return this.sequence;
  }

  private receiveAnswers(): readonly NetlinkMessage[] {
    const answers = this.receive();
    if (typeof answers !== 'string') return answers;
    throw new LinuxError('PP_LINUX_SYSTEM_CALL', `netlink: ${answers} where an answer was due`);
  }
}
