/** Kernel settings of the calling thread's network namespace. */
import { existsSync, writeFileSync } from 'node:fs';
import { LinuxError } from './linux-error';

/**
 * Writes a setting below `net.`, by its path in /proc/sys/net (`ipv4/ip_forward`).
 * @returns false for a setting that this kernel does not have (IPv6, one of other versions)
 * @throws LinuxError PP_LINUX_NOT_PERMITTED when /proc/sys may not be written
 */
export function writeNetworkSysctl(name: string, value: string): boolean {
  const path = `/proc/sys/net/${name}`;
  if (!existsSync(path)) return false;
  try {
    writeFileSync(path, value);
  } catch (cause) {
    throw new LinuxError('PP_LINUX_NOT_PERMITTED', `cannot write ${path}: a writable /proc/sys is needed`, { cause });
  }
  return true;
}
