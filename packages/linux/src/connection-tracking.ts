/** Forgets the tracked connections of a network namespace, over netlink (linux/netfilter/nfnetlink_conntrack.h). */
import type { NetworkNamespace } from './network-namespace';
import { closeFd, ERRNO, must, openSocket, receiveFrom, SOCK_RAW, sendTo } from './system-calls';

const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_CTNETLINK = 1;
const IPCTNL_MSG_CT_DELETE = 2;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const HEADER_BYTES = 16;
const MESSAGE_BYTES = 20;

/** @throws LinuxError PP_LINUX_SYSTEM_CALL */
export function forgetConnections(namespace: NetworkNamespace): void {
  const fd = must(
    'socket(AF_NETLINK)',
    namespace.run(() => openSocket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)),
  );
  try {
    must('send to netlink', sendTo(fd, renderDeleteAll(), null));
    const answer = Buffer.alloc(256);
    // The kernel answers before `send` returns.
    must('receive from netlink', receiveFrom(fd, answer, Buffer.alloc(12)));
    const error = answer.readInt32LE(HEADER_BYTES);
    // A kernel without connection tracking has nothing to forget.
    if (error !== -ERRNO.EINVAL) must('forget connections', error);
  } finally {
    closeFd(fd);
  }
}

/** A delete request without a filter: all of the table. */
function renderDeleteAll(): Buffer {
  const message = Buffer.alloc(MESSAGE_BYTES);
  message.writeUInt32LE(MESSAGE_BYTES, 0);
  message.writeUInt16LE((NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE, 4);
  message.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK, 6);
  return message;
}
