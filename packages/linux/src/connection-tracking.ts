/** Forgets tracked connections, over netlink. */
import { setImmediate } from 'node:timers/promises';
import { decodeAnswers, encodeDeleteAll, encodeDeleteUdpFlow, type UdpFlowKey } from './conntrack-messages';
import type { NetworkNamespace } from './network-namespace';
import { closeFd, ERRNO, must, openSocket, receiveFrom, SOCK_RAW, sendTo } from './system-calls';

const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
/** Answers that a socket's buffer holds for sure (about 800 bytes of it each). */
const REQUESTS_AT_ONCE = 100;
const ANSWERS_BYTES = REQUESTS_AT_ONCE * 256;

/**
 * All connections of a network namespace.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function forgetConnections(namespace: NetworkNamespace): void {
  const fd = openNetfilter(namespace);
  try {
    for (const error of request(fd, [encodeDeleteAll()])) {
      // A kernel without connection tracking has nothing to forget.
      if (error !== -ERRNO.EINVAL) must('forget connections', error);
    }
  } finally {
    closeFd(fd);
  }
}

/**
 * These flows, in a network namespace or in the process's own; one that ended meanwhile is no error. Others of this process have their turn
 * in between.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export async function forgetUdpFlows(
  namespace: NetworkNamespace | undefined,
  flows: readonly UdpFlowKey[],
): Promise<void> {
  if (flows.length === 0) return;
  const fd = openNetfilter(namespace);
  try {
    for (let start = 0; start < flows.length; start += REQUESTS_AT_ONCE) {
      for (const error of request(fd, flows.slice(start, start + REQUESTS_AT_ONCE).map(encodeDeleteUdpFlow))) {
        if (error !== -ERRNO.ENOENT) must('forget a flow', error);
      }
      await setImmediate();
    }
  } finally {
    closeFd(fd);
  }
}

function openNetfilter(namespace: NetworkNamespace | undefined): number {
  const open = () => openSocket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  return must('socket(AF_NETLINK)', namespace === undefined ? open() : namespace.run(open));
}

/** The kernel has answered every request before `send` returns. */
function request(fd: number, requests: readonly Buffer[]): readonly number[] {
  must('send to netlink', sendTo(fd, Buffer.concat(requests), null));
  const answers: number[] = [];
  const received = Buffer.alloc(ANSWERS_BYTES);
  while (answers.length < requests.length) {
    const length = must('receive from netlink', receiveFrom(fd, received, Buffer.alloc(12)));
    answers.push(...decodeAnswers(received.subarray(0, length)));
  }
  return answers;
}
