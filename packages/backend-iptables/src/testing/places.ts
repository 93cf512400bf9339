/** The machines and service addresses that random states and packets are about, each in both IP families: few, so that they meet. */
import type { IpFamily } from '@polyplane/core/backend';

/** An address of each family. */
export type Place = Readonly<Record<IpFamily, string>>;

export const FAMILIES: readonly IpFamily[] = [4, 6];

/** The node's interface to the network. */
export const UPLINK = 'eth0';
export const NODE: Place = { 4: '192.168.0.1', 6: 'fd00:168::1' };
/** Pods of the node, by name. */
export const WORKLOADS = {
  web: { 4: '10.0.0.2', 6: 'fd00::2' },
  api: { 4: '10.0.0.3', 6: 'fd00::3' },
} as const satisfies Readonly<Record<string, Place>>;
/** The first pod's too, but none that the API tells of. */
export const OTHER_SOURCE: Place = { 4: '10.7.0.1', 6: 'fd07::1' };
/** A pod of another node. */
export const FAR: Place = { 4: '10.0.1.2', 6: 'fd00:1::2' };
/** Machines outside the cluster. */
export const CLIENT: Place = { 4: '203.0.113.9', 6: '2001:db8:113::9' };
export const OTHER_CLIENT: Place = { 4: '198.51.100.7', 6: '2001:db8:51::7' };
/** Addresses that services may have. */
export const VIPS: readonly Place[] = [
  { 4: '10.96.0.1', 6: 'fd00:96::1' },
  { 4: '10.96.0.2', 6: 'fd00:96::2' },
  { 4: '203.0.113.80', 6: '2001:db8:113::80' },
];
/** Addresses by which pods may be reached beside their own; the second is a service's too. */
export const FLOATING: readonly Place[] = [
  { 4: '198.51.100.50', 6: '2001:db8:51::50' },
  { 4: '10.96.0.1', 6: 'fd00:96::1' },
];
export const LOOPBACK: Place = { 4: '127.0.0.1', 6: '::1' };
