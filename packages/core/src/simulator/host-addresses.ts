/** The addresses of the host and of its peers, and what they mean to a packet. */
import type { Behaviours } from '../limits/behaviours';
import {
  type ClusterNode,
  familyOf,
  type IpAddress,
  type IpFamily,
  type NodeKey,
  type NodeSettings,
  parseCidr,
} from '../state';
import { NetSet } from './address-value';
import type { FlowEnd } from './flow';

const LOOPBACK = NetSet.of([parseCidr('127.0.0.0/8'), parseCidr('::1')]);
const LINK_LOCAL = NetSet.of([parseCidr('fe80::/10')]);
const LINK_MULTICAST = NetSet.of([parseCidr('ff02::/16')]);

export class HostAddresses {
  private readonly nodes = new Map<NodeKey, ClusterNode>();
  private settings: NodeSettings | undefined;
  private nodePortRanges: NetSet | undefined;
  private known: KnownAddresses | undefined;

  /** `more` are addresses of the host that no object gives. */
  constructor(
    private readonly more: readonly IpAddress[],
    private readonly nodePortNat: Behaviours['nodePortNat'],
  ) {}

  putSettings(settings: NodeSettings): void {
    const { nodePortAddresses } = settings;
    this.settings = settings;
    this.nodePortRanges = nodePortAddresses === undefined ? undefined : NetSet.of(nodePortAddresses);
    this.known = undefined;
  }

  putNode(node: ClusterNode): void {
    this.nodes.set(node.key, node);
    this.known = undefined;
  }

  removeNode(key: NodeKey): void {
    this.nodes.delete(key);
    this.known = undefined;
  }

  /** The host's own, without loopback. */
  get own(): ReadonlySet<IpAddress> {
    return this.addresses.own;
  }

  /** One of the host's own, loopback included. */
  isOwn(end: FlowEnd): boolean {
    return this.addresses.own.has(end.address) || isLoopback(end);
  }

  /** The address that packets of a family get which the host masquerades. */
  masqueradeAddress(family: IpFamily): IpAddress | undefined {
    return this.addresses.masquerade[family];
  }

  /**
   * The address, one of the host's own, answers on node ports; or that of any node, where the dataplane is of that kind.
   * Loopback does so on IPv4 only, and only when wanted.
   */
  answersNodePorts(end: FlowEnd): boolean {
    if (!this.isOwn(end)) return this.nodePortNat === 'anyNode' && this.addresses.peers.has(end.address);
    if (isLoopback(end) && (typeof end.value === 'bigint' || this.settings?.localhostNodePorts !== true)) return false;
    return this.nodePortRanges?.contains(end.value) ?? true;
  }

  /** The other node that has this address. */
  peerAt(address: IpAddress): NodeKey | undefined {
    return this.addresses.peers.get(address);
  }

  private get addresses(): KnownAddresses {
    this.known ??= this.collect();
    return this.known;
  }

  private collect(): KnownAddresses {
    const nodes = [...this.nodes.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    const local = nodes.filter(({ isLocal }) => isLocal).flatMap(({ addresses }) => addresses);
    const own = [...(this.settings?.nodeAddresses ?? []), ...local, ...this.more];
    // Of two nodes that claim one address the first has it.
    const claims = nodes.filter(({ isLocal }) => !isLocal).reverse();
    const peers = claims.flatMap(({ key, addresses }) => addresses.map((address) => [address, key] as const));
    const firstOf = (family: IpFamily): IpAddress | undefined => own.find((address) => familyOf(address) === family);
    return { own: new Set(own), peers: new Map(peers), masquerade: { 4: firstOf(4), 6: firstOf(6) } };
  }
}

interface KnownAddresses {
  readonly own: ReadonlySet<IpAddress>;
  readonly peers: ReadonlyMap<IpAddress, NodeKey>;
  readonly masquerade: Readonly<Record<IpFamily, IpAddress | undefined>>;
}

export function isLoopback({ value }: FlowEnd): boolean {
  return LOOPBACK.contains(value);
}

export function isLinkLocal({ value }: FlowEnd): boolean {
  return LINK_LOCAL.contains(value);
}

/** An IPv6 address that never leaves its link. */
export function isLinkScope({ value }: FlowEnd): boolean {
  return LINK_LOCAL.contains(value) || LINK_MULTICAST.contains(value);
}
