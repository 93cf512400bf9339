/** What the simulator is told about the host beside its desired state. */
import type { Behaviours } from '../limits/behaviours';
import type { IpAddress, Port, Protocol } from '../state';

/** A translation that somebody else made on this host, for packets from the network and from workloads. */
export interface HostTranslation {
  readonly protocol: Protocol;
  readonly from: { readonly address: IpAddress; readonly port: Port };
  readonly to: { readonly address: IpAddress; readonly port: Port };
}

/** How the simulated dataplane behaves. */
export interface SimulatorOptions {
  /** The interface to the network; by default `eth0`. It carries the node's addresses. */
  readonly uplink?: string;
  /** Addresses of the host that its Node object does not give. */
  readonly localAddresses?: readonly IpAddress[];
  /** What the host's own firewall does with packets to it that no policy judged; by default `accept`. */
  readonly hostInputPolicy?: 'accept' | 'drop';
  readonly hostTranslations?: readonly HostTranslation[];
  /** Connection tracking is liberal with TCP (`nf_conntrack_tcp_be_liberal`): what it calls invalid is still forwarded. */
  readonly isConntrackLiberal?: boolean;
  /** The dataplane to act like; by default the standard Linux one. */
  readonly behaviours?: Behaviours;
  /**
   * Steps tell also of every rule that was asked and did not match, and why; denials by policy, of the rule that came nearest
   * to preventing them. Costs time and memory. By default they do not.
   */
  readonly tellsUnmatched?: boolean;
}
