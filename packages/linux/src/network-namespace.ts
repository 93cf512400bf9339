/** Network namespaces that this process holds open. */
import { closeSync, openSync } from 'node:fs';
import { LinuxError } from './linux-error';
import { enterNetworkNamespace, enterNewNetworkNamespace, formatErrno } from './system-calls';

/**
 * One that {@link NetworkNamespace.create} made has no name in `/run/netns` and no process of its own: the kernel destroys it, with every interface, rule and route in
 * it, when its descriptor is closed, and so also when this process ends in whatever way, SIGKILL included.
 */
export class NetworkNamespace {
  /** Opens the namespace for other programs (`nsenter --net=PATH`) while it lives. */
  readonly path: string;
  private isOpen = true;

  private constructor(private readonly fd: number) {
    this.path = `/proc/${process.pid}/fd/${fd}`;
  }

  /** @throws LinuxError PP_LINUX_NOT_PERMITTED when this process may not make one */
  static create(): NetworkNamespace {
    const entered = enterNewNetworkNamespace();
    if (entered < 0) {
      throw new LinuxError(
        'PP_LINUX_NOT_PERMITTED',
        `this process may not make network namespaces (${formatErrno(-entered)}): run as root`,
      );
    }
    try {
      return new NetworkNamespace(openSync(CURRENT_NAMESPACE, 'r'));
    } finally {
      goHome();
    }
  }

  /**
   * Opens the namespace behind a path, such as `/run/netns/x`; it lives on whether this process holds it open or not.
   * @throws LinuxError PP_LINUX_SYSTEM_CALL when there is none
   */
  static open(path: string): NetworkNamespace {
    try {
      return new NetworkNamespace(openSync(path, 'r'));
    } catch (cause) {
      throw new LinuxError('PP_LINUX_SYSTEM_CALL', `the network namespace ${path} cannot be opened`, { cause });
    }
  }

  /** The one that this process is in. */
  static current(): NetworkNamespace {
    return NetworkNamespace.open(CURRENT_NAMESPACE);
  }

  /** Runs synchronous code, and the processes that it starts, in this namespace. Nothing asynchronous may be begun in it. */
  run<T>(action: () => T): T {
    const entered = enterNetworkNamespace(this.fd);
    if (entered < 0) throw new LinuxError('PP_LINUX_SYSTEM_CALL', `setns: ${formatErrno(-entered)}`);
    try {
      return action();
    } finally {
      goHome();
    }
  }

  /** Lets go of it; one that nobody else holds is destroyed. */
  close(): void {
    if (this.isOpen) closeSync(this.fd);
    this.isOpen = false;
  }
}

const CURRENT_NAMESPACE = '/proc/thread-self/ns/net';

/** The namespace that this thread started in. Opened before the thread first leaves it. */
const homeFd = openSync(CURRENT_NAMESPACE, 'r');

function goHome(): void {
  const entered = enterNetworkNamespace(homeFd);
  // Going on in the wrong namespace could change the host's network.
  if (entered < 0) process.abort();
}
