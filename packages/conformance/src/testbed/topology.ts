/** The machines of a testbed and how they are joined. */
import type { InterfaceName, IpAddress } from '@polyplane/core';
import type { HostName } from '../prober/probe';
import type { ListeningPort } from '../prober/prober';

/** A machine that forwards, with its uplink `eth0`. */
export interface TestbedNode {
  readonly name: string;
  /** All on `eth0`; the first of each family is the source of its own traffic. */
  readonly addresses: readonly IpAddress[];
  /** Further addresses that the network outside sends to this node (external and load-balancer addresses). */
  readonly routedAddresses: readonly IpAddress[];
}

/** A pod of a testbed. */
export interface TestbedPod {
  readonly namespace: string;
  readonly name: string;
  /** The node it runs on, by name. */
  readonly node: string;
  readonly addresses: readonly IpAddress[];
  /** The node's end of the pod's link. */
  readonly interfaceName: InterfaceName;
}

/** A machine outside the cluster; it reaches nodes and pods through the nodes' uplinks. */
export interface TestbedOutsider {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
}

/** The machines of a testbed. */
export interface Topology {
  readonly nodes: readonly TestbedNode[];
  readonly pods: readonly TestbedPod[];
  readonly outsiders: readonly TestbedOutsider[];
  /** Every machine listens on all of these ports, on all of its addresses. */
  readonly ports: readonly ListeningPort[];
}

/** The name of a pod's machine in a testbed. */
export function podHost(pod: Pick<TestbedPod, 'namespace' | 'name'>): HostName {
  return `pod:${pod.namespace}/${pod.name}`;
}

/** The name of a node's machine in a testbed. */
export function nodeHost(node: Pick<TestbedNode, 'name'>): HostName {
  return `node:${node.name}`;
}

/** The name of an outsider's machine in a testbed. */
export function outsiderHost(outsider: Pick<TestbedOutsider, 'name'>): HostName {
  return `outside:${outsider.name}`;
}
