/** The places of the random states as machines of a testbed. */
import type { Topology } from '@polyplane/conformance';
import { ICMP, ICMPV6, type InterfaceName, parseIpAddress, parsePort, SCTP, TCP, UDP } from '@polyplane/core/backend';
import { EXPERIMENTAL } from './arbitrary-rules';
import {
  CLIENT,
  FAMILIES,
  FAR,
  FLOATING,
  NODE,
  OTHER_CLIENT,
  OTHER_SOURCE,
  type Place,
  VIPS,
  WORKLOADS,
} from './places';

const addressesOf = (...places: readonly Place[]) => [
  ...new Set(places.flatMap((place) => FAMILIES.map((family) => parseIpAddress(place[family])))),
];

const pod = (name: string, node: string, ...places: readonly Place[]) => ({
  namespace: 'default',
  name,
  node,
  addresses: addressesOf(...places),
  // As the builders of workloads name it: short and plain.
  interfaceName: `cali-${name}` as InterfaceName,
});

/** The node of the states is the first; the network outside sends service and floating addresses to it. */
export const PLACES_TOPOLOGY: Topology = {
  nodes: [
    { name: 'node-1', addresses: addressesOf(NODE), routedAddresses: addressesOf(...VIPS, ...FLOATING) },
    { name: 'node-2', addresses: addressesOf({ 4: '192.168.0.2', 6: 'fd00:168::2' }), routedAddresses: [] },
  ],
  pods: [
    pod('web', 'node-1', WORKLOADS.web, OTHER_SOURCE),
    pod('api', 'node-1', WORKLOADS.api),
    pod('far', 'node-2', FAR),
  ],
  outsiders: [
    { name: 'client', addresses: addressesOf(CLIENT) },
    { name: 'other', addresses: addressesOf(OTHER_CLIENT) },
  ],
  ports: [
    ...[TCP, UDP, SCTP].flatMap((protocol) => [80, 81, 443, 8080].map((port) => ({ protocol, port: parsePort(port) }))),
    ...[ICMP, ICMPV6, EXPERIMENTAL].map((protocol) => ({ protocol })),
  ],
};
