/**
 * Kinds that Calico's other parts act on: its BGP speaker, its IPAM, its controllers. They are validated where a user's files
 * hold them; no dataplane acts on them, so that nothing of their specs is kept.
 */
import type { ResourceBase } from '../metadata';

/** projectcalico.org/v3 BGPFilter: which routes a BGP peer is told and believed. */
export type BGPFilter = ResourceBase<'BGPFilter'>;

/** projectcalico.org/v3 IPReservation: addresses that IPAM gives to nobody. */
export type IPReservation = ResourceBase<'IPReservation'>;

/** projectcalico.org/v3 BlockAffinity: the node that a block of addresses belongs to. */
export type BlockAffinity = ResourceBase<'BlockAffinity'>;

/** projectcalico.org/v3 KubeControllersConfiguration: settings of Calico's controllers. */
export type KubeControllersConfiguration = ResourceBase<'KubeControllersConfiguration'>;

/** projectcalico.org/v3 Node: what Calico knows of a node. Nodes are read from Kubernetes. */
export type CalicoNode = ResourceBase<'CalicoNode'>;
