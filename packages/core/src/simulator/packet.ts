/** What goes into the simulator and what comes out: a packet, and its judgement with a trace. */
import type {
  HostEndpointKey,
  IcmpMatch,
  IpAddress,
  NodeSettings,
  ObjectRef,
  Port,
  Protocol,
  RuleAction,
  WorkloadKey,
} from '../state';
import type { NearestRule } from './denial';

/**
 * Where a packet enters the node's dataplane: from a local workload, from a process of the node itself, or
 * from the network through one of the node's interfaces (`interfaceName` absent: its only uplink, `eth0`).
 */
export type PacketEntry =
  | { readonly kind: 'workload'; readonly workload: WorkloadKey }
  | { readonly kind: 'host' }
  | { readonly kind: 'network'; readonly interfaceName?: string };

/** An address with the port that goes with it; no port where the protocol has none. */
export interface SocketAddress {
  readonly address: IpAddress;
  readonly port?: Port;
}

/**
 * What connection tracking knows of a packet that does not open a flow. `established`: of a flow that was let through, in
 * its own direction or in that of its answers. `related`: an ICMP error about such a flow. Both carry the packet's ends as
 * the flow's translation leaves them. `invalid`: of no flow that is known, and not one that could open one.
 */
export type Connection =
  | {
      readonly state: 'established';
      readonly direction: 'original' | 'reply';
      readonly source: SocketAddress;
      readonly destination: SocketAddress;
    }
  | { readonly state: 'related'; readonly source: SocketAddress; readonly destination: SocketAddress }
  | { readonly state: 'invalid' };

/** A packet as its sender sends it, before any translation. */
export interface Packet {
  readonly entry: PacketEntry;
  readonly source: IpAddress;
  /** Absent: some ephemeral port that no rule names. */
  readonly sourcePort?: Port;
  readonly destination: IpAddress;
  /** Absent for protocols without ports. */
  readonly destinationPort?: Port;
  readonly protocol: Protocol;
  readonly icmp?: IcmpMatch;
  /** Absent: the packet opens a flow. */
  readonly connection?: Connection;
}

/** `deny`: dropped by policy. `drop`: dropped for another reason (spoofed source, no local endpoint, ...). `reject`: refused with ICMP or RST. */
export type Verdict = 'allow' | 'deny' | 'reject' | 'drop';

/** What a packet meets on its way, by the question that is asked there. */
export type TraceStage =
  | 'sourceCheck'
  | 'untracked'
  | 'loopbackGuard'
  | 'preDnat'
  | 'connection'
  | 'floatingAddress'
  | 'service'
  | 'hostTranslation'
  | 'route'
  | 'egressPolicy'
  | 'ingressPolicy'
  | 'forwardPolicy'
  | 'hostPolicy'
  | 'endpointToHost'
  | 'hostFirewall'
  | 'healthCheck'
  | 'masquerade';

/**
 * What came of it: a rule's action, `noMatch` of a rule that was asked and is about other packets, what connection tracking knows,
 * what the packet's ends became, or where it goes.
 */
export type TraceOutcome =
  | RuleAction
  | Verdict
  | NodeSettings['endpointToHostAction']
  | Connection['state']
  | 'noMatch'
  | `staged: ${RuleAction}`
  | `translated to ${string}`
  | `source becomes ${string}`
  | `to ${string}`;

/** One stage that the packet met, in order. */
export interface TraceStep {
  readonly stage: TraceStage;
  /** The workload or host endpoint whose policy is judged, if the stage is about one. */
  readonly endpoint?: WorkloadKey | HostEndpointKey;
  /** The user's object that decided or was asked; absent where a built-in rule did. */
  readonly object?: ObjectRef;
  /** Field path of the rule in that object (`spec.ingress[1]`), or the name of the built-in rule (`end of tier default`). */
  readonly rule?: string;
  readonly outcome: TraceOutcome;
  /** Of a rule that did not match (`noMatch`): what it would have done, and the conditions that the packet fails. */
  readonly unmatched?: { readonly action: RuleAction; readonly unmet: readonly string[] };
  /** A tier decided by its default action: `object` is the last policy that made the tier count. */
  readonly isTierEnd?: true;
  /** Of a denial by policy: the rule that came nearest to preventing it. Absent: no rule could have. */
  readonly nearest?: NearestRule;
}

/** Where the packet may go after translation, and what becomes of it there. */
export interface Destination {
  readonly address: IpAddress;
  readonly port?: Port;
  readonly verdict: Verdict;
  /** Where routing sends it: to a workload or a process of this node, or out to the network. */
  readonly target: 'workload' | 'host' | 'network';
  /** Where it leaves: the workload's interface, `lo` for the host's own processes, an uplink or a tunnel to another node. */
  readonly interfaceName: string;
  /** Source-NATed on this way, to an address of the node. */
  readonly isMasqueraded: boolean;
  /** The source that the receiver sees: the sender's, or an address of the node where the packet was masqueraded. */
  readonly source: IpAddress;
  /** The local workload that gets it, if it does not leave the node. */
  readonly workload?: WorkloadKey;
  readonly steps: readonly TraceStep[];
}

/** What this node's dataplane does to a packet. */
export interface Judgement {
  /** The verdict common to all destinations; where they differ, `deny`. */
  readonly verdict: Verdict;
  /** One that is the packet's own destination when no service translates it; several when a service balances; none when it went nowhere. */
  readonly destinations: readonly Destination[];
  /** A service, a floating address or the host translated the destination. */
  readonly isTranslated: boolean;
  /** A client that comes again within this time is sent to the same destination. */
  readonly affinityTimeoutSeconds?: number;
  /** Connection tracking remembers the flow: false for what an untracked policy let through. */
  readonly isTracked: boolean;
  /** A rule of its own accepts the packet whatever the host's firewall says: one to a health-check node port. */
  readonly isExplicitlyAccepted: boolean;
  /** Steps common to all destinations, before the choice. */
  readonly steps: readonly TraceStep[];
}
