/**
 * What dataplanes and testbeds ask of a Linux kernel.
 * @module @polyplane/linux
 */
export * from './connection-tracking';
export * from './conntrack';
export * from './conntrack-filter';
export type { UdpFlowKey } from './conntrack-messages';
export * from './exec';
export * from './ip-batch';
export * from './link-state';
export * from './links';
export * from './linux-error';
export * from './netlink/network-objects';
export * from './netlink/read-network';
export * from './netlink/traffic-control';
export * from './netlink/watch-network';
export * from './network-namespace';
export * from './sysctls';
export * from './system-calls';
