/** Tells of every change to links, addresses, routes and neighbours of a network namespace as it happens. */
import type { NetworkNamespace } from '../network-namespace';
import type { NetlinkMessage } from './message';
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
import { onReadable } from './on-readable';

/** `put`: new or changed. */
export type NetworkChange =
  | { readonly kind: 'link'; readonly op: 'put' | 'remove'; readonly link: Link }
  | { readonly kind: 'address'; readonly op: 'put' | 'remove'; readonly address: LinkAddress }
  | { readonly kind: 'route'; readonly op: 'put' | 'remove'; readonly route: KernelRoute }
  | { readonly kind: 'neighbour'; readonly op: 'put' | 'remove'; readonly neighbour: Neighbour }
  /** Changes came faster than they were read, and some were lost: whatever is known has to be read anew. */
  | { readonly kind: 'overrun' };

/** What changes can be told of. */
export type NetworkSubject = Exclude<NetworkChange['kind'], 'overrun'>;

/** A watch that goes on until it is closed. */
export interface NetworkWatch {
  /** Ends the watch. */
  close(): void;
}

/** Multicast groups of rtnetlink as bits (RTNLGRP_*), of both families. */
const GROUPS: Readonly<Record<NetworkSubject, number>> = {
  link: 1 << 0,
  neighbour: 1 << 2,
  address: (1 << 4) | (1 << 8),
  route: (1 << 6) | (1 << 10),
};

/**
 * Changes from the moment of the call on, in their order: what is read after the call and what is told then leave no gap. The process
 * does not stay alive for it.
 * @throws LinuxError PP_LINUX_SYSTEM_CALL
 */
export function watchNetwork(
  namespace: NetworkNamespace,
  subjects: readonly NetworkSubject[],
  onChange: (change: NetworkChange) => void,
): NetworkWatch {
  const groups = subjects.reduce((bits, subject) => bits | GROUPS[subject], 0);
  const socket = NetlinkSocket.open(namespace, NETLINK_PROTOCOL.route, groups);
  let isOpen = true;
  const readable = onReadable(socket.fd, () => {
    while (isOpen) {
      const received = socket.receive();
      if (received === 'nothing') return;
      if (received === 'overrun') onChange({ kind: 'overrun' });
      else for (const change of received.flatMap(parseChange)) if (isOpen) onChange(change);
    }
  });
  return {
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      readable.close();
      socket.close();
    },
  };
}

type Parser = (payload: Buffer, op: 'put' | 'remove') => NetworkChange | undefined;

const link: Parser = (payload, op) => {
  const parsed = parseLink(payload);
  return parsed && { kind: 'link', op, link: parsed };
};
const address: Parser = (payload, op) => {
  const parsed = parseLinkAddress(payload);
  return parsed && { kind: 'address', op, address: parsed };
};
const route: Parser = (payload, op) => {
  const parsed = parseRoute(payload);
  return parsed && { kind: 'route', op, route: parsed };
};
const neighbour: Parser = (payload, op) => {
  const parsed = parseNeighbour(payload);
  return parsed && { kind: 'neighbour', op, neighbour: parsed };
};

/** `RTM_NEW*` and `RTM_DEL*`. */
const PARSERS: ReadonlyMap<number, readonly [Parser, 'put' | 'remove']> = new Map([
  [16, [link, 'put']],
  [17, [link, 'remove']],
  [20, [address, 'put']],
  [21, [address, 'remove']],
  [24, [route, 'put']],
  [25, [route, 'remove']],
  [28, [neighbour, 'put']],
  [29, [neighbour, 'remove']],
]);

function parseChange({ type, payload }: NetlinkMessage): readonly NetworkChange[] {
  const [parse, op] = PARSERS.get(type) ?? [];
  const change = parse === undefined || op === undefined ? undefined : parse(payload, op);
  return change === undefined ? [] : [change];
}
