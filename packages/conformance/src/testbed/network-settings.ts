/** Kernel settings of a machine's network namespace. */
import { type NetworkNamespace, writeNetworkSysctl } from '@polyplane/linux';

/**
 * As on a usual machine, but that no refusal is held back for having come too often, addresses work at once, and echo
 * requests are answered by listeners, which name themselves.
 */
const MACHINE_SETTINGS: Readonly<Record<string, string>> = {
  'ipv4/conf/all/rp_filter': '0',
  'ipv4/conf/default/rp_filter': '0',
  'ipv4/conf/all/send_redirects': '0',
  'ipv4/conf/default/send_redirects': '0',
  'ipv4/icmp_ratelimit': '0',
  'ipv4/icmp_msgs_per_sec': '1000000',
  'ipv4/icmp_msgs_burst': '1000000',
  'ipv4/icmp_echo_ignore_all': '1',
  'ipv6/icmp/ratelimit': '0',
  'ipv6/icmp/echo_ignore_all': '1',
  'ipv6/conf/all/accept_dad': '0',
  'ipv6/conf/default/accept_dad': '0',
  'ipv6/conf/default/dad_transmits': '0',
};

const FORWARDING_SETTINGS = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'ipv6/conf/default/forwarding'];

/**
 * Sets up a namespace that has no interface but `lo` yet. What the kernel does not have (IPv6, a setting of other versions) is left.
 * @throws LinuxError PP_LINUX_NOT_PERMITTED when /proc/sys may not be written
 */
export function applyMachineSettings(namespace: NetworkNamespace, isForwarding: boolean): void {
  namespace.run(() => {
    for (const [name, value] of Object.entries(MACHINE_SETTINGS)) writeNetworkSysctl(name, value);
  });
  if (isForwarding) applyForwarding(namespace, true);
}

/**
 * Whether the machine passes on packets that are not its own.
 * @throws LinuxError PP_LINUX_NOT_PERMITTED when /proc/sys may not be written
 */
export function applyForwarding(namespace: NetworkNamespace, isForwarding: boolean): void {
  namespace.run(() => {
    for (const name of FORWARDING_SETTINGS) writeNetworkSysctl(name, isForwarding ? '1' : '0');
  });
}
