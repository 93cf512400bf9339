/** The kernel's number of a network namespace, by which programs at sockets know whose they are. */
import {
  AF_INET,
  closeFd,
  must,
  type NetworkNamespace,
  openSocket,
  readNamespaceCookie,
  SOCK_DGRAM,
} from '@polyplane/linux';

/** @throws LinuxError PP_LINUX_SYSTEM_CALL on a kernel that has no such numbers (before Linux 5.14) */
export function namespaceCookie(namespace: NetworkNamespace): bigint {
  const fd = must(
    'socket',
    namespace.run(() => openSocket(AF_INET, SOCK_DGRAM)),
  );
  try {
    return readNamespaceCookie(fd);
  } finally {
    closeFd(fd);
  }
}
