/** Links, addresses, routes and neighbours of a network namespace, all that there are. */
import type { NetworkNamespace } from '../network-namespace';
import { NETLINK_PROTOCOL, NetlinkSocket } from './netlink-socket';
import {
  type KernelRoute,
  type Link,
  type LinkAddress,
  type Neighbour,
  parseLink,
  parseLinkAddress,
  parseNeighbour,
  parseRoute,
} from './network-objects';

const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const RTM_GETROUTE = 26;
const RTM_GETNEIGH = 30;
/** Bytes of each table's own header; zeros ask for every family. */
const HEADER_BYTES = { link: 16, address: 8, route: 12, neighbour: 12 } as const;

/** @throws LinuxError PP_LINUX_SYSTEM_CALL */
export function readLinks(namespace: NetworkNamespace): readonly Link[] {
  return read(namespace, RTM_GETLINK, HEADER_BYTES.link, parseLink);
}

/** @throws LinuxError PP_LINUX_SYSTEM_CALL */
export function readLinkAddresses(namespace: NetworkNamespace): readonly LinkAddress[] {
  return read(namespace, RTM_GETADDR, HEADER_BYTES.address, parseLinkAddress);
}

/** Of all tables. @throws LinuxError PP_LINUX_SYSTEM_CALL */
export function readRoutes(namespace: NetworkNamespace): readonly KernelRoute[] {
  return read(namespace, RTM_GETROUTE, HEADER_BYTES.route, parseRoute);
}

/** @throws LinuxError PP_LINUX_SYSTEM_CALL */
export function readNeighbours(namespace: NetworkNamespace): readonly Neighbour[] {
  return read(namespace, RTM_GETNEIGH, HEADER_BYTES.neighbour, parseNeighbour);
}

function read<T>(
  namespace: NetworkNamespace,
  request: number,
  headerBytes: number,
  parse: (payload: Buffer) => T | undefined,
): readonly T[] {
  const socket = NetlinkSocket.open(namespace, NETLINK_PROTOCOL.route);
  try {
    return socket.dump(request, Buffer.alloc(headerBytes)).flatMap(({ payload }) => {
      const parsed = parse(payload);
      return parsed === undefined ? [] : [parsed];
    });
  } finally {
    socket.close();
  }
}
