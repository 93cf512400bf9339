/** The endpoints that policies protect: local workloads (pods) and the host's own interfaces. */
import type { Brand } from '../brand';
import type { Cidr, IpAddress } from './address';
import type { Origin } from './origin';
import type { PolicyKey, ProfileKey } from './policy';

/** Identifies a workload endpoint. */
export type WorkloadKey = Brand<`workload/${string}`, 'WorkloadKey'>;
/** Identifies a host endpoint. */
export type HostEndpointKey = Brand<`hostEndpoint/${string}`, 'HostEndpointKey'>;

/** A Linux interface name: 1-15 bytes, none of them `/`, white space or a control character. */
export type InterfaceName = Brand<string, 'InterfaceName'>;

/**
 * The policies of one tier that select an endpoint, in order; staged ones stand among them. Tiers come in their order.
 * For one direction, a tier without an enforced policy does not exist; in a tier that has one, a packet that no rule
 * decided meets `defaultAction`.
 *
 * A key without its policy in the state (a dataplane refused it, say) stands for one that denies: nobody knows what it
 * would have denied, so every packet that comes to its place among the others is, in every stage. Who leaves a policy out on
 * purpose leaves its key out of the tiers too.
 */
export interface EndpointTier {
  readonly name: string;
  readonly defaultAction: 'deny' | 'pass';
  /** To the endpoint. */
  readonly ingress: readonly PolicyKey[];
  /** From the endpoint. */
  readonly egress: readonly PolicyKey[];
}

/** An address by which a workload is reached beside its own: packets to it go to `target`, one of the workload's own. */
export interface FloatingAddress {
  readonly address: IpAddress;
  readonly target: IpAddress;
}

/** A local pod (or other workload) behind an interface of the node. */
export interface WorkloadEndpoint {
  readonly type: 'workload';
  readonly key: WorkloadKey;
  readonly origin: Origin;
  readonly namespace: string;
  readonly name: string;
  /** Host side of the workload's interface; it may not exist yet, or vanish and come back. */
  readonly interfaceName: InterfaceName;
  /** A packet from the workload with any other source address is spoofed and dropped. */
  readonly addresses: readonly IpAddress[];
  /** Further source ranges the workload may use. */
  readonly allowedSources: readonly Cidr[];
  /** Absent: none. */
  readonly floatingAddresses?: readonly FloatingAddress[];
  readonly tiers: readonly EndpointTier[];
  readonly profiles: readonly ProfileKey[];
}

/** A host's interface under policy. Without one, the host's own traffic is not judged. */
export interface HostEndpoint {
  readonly type: 'hostEndpoint';
  readonly key: HostEndpointKey;
  readonly origin: Origin;
  readonly name: string;
  /** One interface by name, every interface of the node, or those that carry one of `expectedAddresses`. */
  readonly scope:
    | { readonly kind: 'interface'; readonly interfaceName: InterfaceName }
    | { readonly kind: 'allInterfaces' }
    | { readonly kind: 'addresses' };
  readonly expectedAddresses: readonly IpAddress[];
  /** To and from processes of the host. No profile and no tier that decides: deny. */
  readonly tiers: readonly EndpointTier[];
  /** Policies that apply on forward; nothing here: forwarded traffic is not judged. */
  readonly forwardTiers: readonly EndpointTier[];
  readonly preDnatTiers: readonly EndpointTier[];
  readonly untrackedTiers: readonly EndpointTier[];
  readonly profiles: readonly ProfileKey[];
}
