/** A conformance suite, read and resolved: states of a cluster, and what must happen to packets in each. */
import type { Cidr, IcmpMatch, IpAddress, IpFamily, ObjectRef, Port, Protocol, Resource } from '@polyplane/core';

/** A suite, ready to be run. */
export interface Suite {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  /** One, or two that follow one another. */
  readonly states: readonly SuiteState[];
}

/** Objects of a suite, and what must hold of them. */
export interface SuiteState {
  /** Empty where the suite has one state. */
  readonly name: '' | 'before' | 'after';
  /** The state that this one follows. */
  readonly previous?: SuiteState;
  /** Nodes whose dataplane is judged: the suite's own, and every node that the objects name. The suite's own come first. */
  readonly nodes: readonly string[];
  readonly settings: SuiteSettings;
  readonly resources: readonly Resource[];
  /** Networking objects of a kind that this version does not read: without them the suite says something else. */
  readonly unknownObjects: readonly ObjectRef[];
  readonly probes: readonly SuiteProbe[];
  readonly facts: readonly SuiteFact[];
}

/** Something that must hold of the desired state as a whole: `servicePortCount`, `endpoints`, ... */
export interface SuiteFact {
  readonly name: string;
  readonly expected: unknown;
}

/** Settings that no API object carries. Absent: the default of whoever reads them. */
export interface SuiteSettings {
  /** Sources in these ranges are pods of this node. */
  readonly clusterCidrs?: readonly Cidr[];
  readonly localDetector?: 'clusterCIDR' | 'none';
  readonly masqueradeAll?: boolean;
  readonly nodePortAddresses?: readonly Cidr[];
  readonly localhostNodePorts?: boolean;
  /** Addresses of the node beside those of its Node object. */
  readonly nodeLocalAddresses?: readonly IpAddress[];
  /** The family that facts speak of. */
  readonly ipFamily?: IpFamily;
  /** Connection tracking forwards TCP packets that it calls invalid. */
  readonly isConntrackLiberal?: boolean;
  /** What the host's own firewall does with packets to it. */
  readonly hostInputPolicy?: 'accept' | 'drop';
  /** Translations that somebody else made on the host. */
  readonly hostTranslations?: readonly HostTranslationSpec[];
  /** The expectations hold for this dataplane only. */
  readonly dataplane?: string;
  /** Kubernetes' gates, by name. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
}

/** A translation of the host's own, which a suite assumes. */
export interface HostTranslationSpec {
  readonly protocol: Protocol;
  readonly from: { readonly address: IpAddress; readonly port: Port };
  readonly to: { readonly address: IpAddress; readonly port: Port };
}

/**
 * Who sends. `pod`: a pod with an interface of its own. `node`: a process of a node, or a pod in its network.
 * `unmanaged`: a pod of a node that no API object tells of. `external`: whatever comes in through a node's uplink.
 */
export type SuiteSender =
  | { readonly kind: 'pod'; readonly node: string; readonly namespace: string; readonly name: string }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'unmanaged'; readonly node: string }
  | { readonly kind: 'external' };

/** A packet, and what must become of it. */
export interface SuiteProbe {
  readonly name: string;
  readonly sender: SuiteSender;
  readonly source: IpAddress;
  /** The source is not the sender's own. */
  readonly isSpoofed: boolean;
  readonly sourcePort?: Port;
  readonly destination: IpAddress;
  /** Absent for protocols without ports. */
  readonly destinationPort?: Port;
  readonly protocol: Protocol;
  readonly icmp?: IcmpMatch;
  readonly expected: Expectation;
}

/** What must hold of a packet; what is absent is not judged. */
export interface Expectation {
  /** `refuse`: it does not connect, be it dropped or rejected (matrices do not tell these apart). */
  readonly verdict?: 'allow' | 'deny' | 'reject' | 'refuse';
  /** No service rule concerns it. */
  readonly isUntouched?: boolean;
  /** Exactly the `address:port` it may be sent to. */
  readonly translatedTo?: readonly string[];
  readonly isMasqueraded?: boolean;
  readonly affinityTimeoutSeconds?: number;
  /** A rule of its own lets it in (health checks). */
  readonly isAcceptedExplicitly?: boolean;
  /** The packet itself passes, its answer is dropped. */
  readonly isReplyBlocked?: boolean;
  /** By the name of the tier. */
  readonly tiers?: Readonly<Record<string, TierVerdict>>;
}

/**
 * What a tier says of a packet, at the last endpoint whose policies it was asked of. `unmatched`: no rule of it decides, and the
 * next tier or the profiles are asked. `pass`, where expected: the same, or by a rule that passes.
 */
export type TierVerdict = 'allow' | 'deny' | 'pass' | 'unmatched';
