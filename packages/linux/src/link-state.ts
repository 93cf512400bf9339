/** Waits until links carry packets: the kernel finishes bringing up a veth pair a moment after `ip link set up` returns. */
import { LinuxError } from './linux-error';
import type { NetworkNamespace } from './network-namespace';
import { AF_INET, closeFd, must, openSocket, readInterfaceFlags, SOCK_DGRAM } from './system-calls';

/** linux/if.h: operational, its queue in place. */
const IFF_RUNNING = 0x40;
const PAUSE_MILLISECONDS = 1;
const LONGEST_WAIT_MILLISECONDS = 5000;

/** @throws LinuxError PP_LINUX_LINK_DOWN for a link that does not come up */
export function awaitLinks(namespace: NetworkNamespace, names: readonly string[]): void {
  const fd = must(
    'socket',
    namespace.run(() => openSocket(AF_INET, SOCK_DGRAM)),
  );
  try {
    for (const name of names) awaitLink(fd, name);
  } finally {
    closeFd(fd);
  }
}

function awaitLink(fd: number, name: string): void {
  for (let waited = 0; waited < LONGEST_WAIT_MILLISECONDS; waited += PAUSE_MILLISECONDS) {
    if ((readInterfaceFlags(fd, name) & IFF_RUNNING) !== 0) return;
    Atomics.wait(pauseCell, 0, 0, PAUSE_MILLISECONDS);
  }
  throw new LinuxError('PP_LINUX_LINK_DOWN', `link ${name} does not come up`);
}

/** Nobody wakes the one who waits here. */
const pauseCell = new Int32Array(new SharedArrayBuffer(4));
