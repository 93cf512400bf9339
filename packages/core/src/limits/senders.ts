/** Who dials the services of a cluster: outside clients and pods, each under its own address or a node's. */
import { type Cidr, cidrOf, type IpFamily } from '../state';
import { AddressRanges } from './address-ranges';
import { type ClusterIndex, isLive } from './cluster-index';

export interface Senders {
  /** Every address that is neither a pod's nor a node's. */
  readonly clients: AddressRanges;
  /** Every address that a pod has or may get. */
  readonly pods: AddressRanges;
  /** Where no Node is known, any address that a client may have. */
  readonly nodes: AddressRanges;
}

/** Those who send under their own addresses, unless these are hidden behind a node's. */
export type SenderKind = 'clients' | 'pods';

export function sendersOf(cluster: ClusterIndex, family: IpFamily): Senders {
  const nodes = AddressRanges.of(family, nodeRangesOf(cluster));
  const pods = AddressRanges.of(family, podRangesOf(cluster)).minus(nodes);
  const clients = AddressRanges.all(family).minus(pods).minus(nodes);
  return { clients, pods, nodes: nodes.isEmpty ? clients : nodes };
}

function nodeRangesOf(cluster: ClusterIndex): readonly Cidr[] {
  return cluster.all('Node').flatMap(({ status }) => status.addresses.map(({ address }) => cidrOf(address)));
}

function podRangesOf(cluster: ClusterIndex): readonly Cidr[] {
  const ofNodes = cluster.all('Node').flatMap(({ spec }) => spec.podCIDRs);
  const ofPods = cluster.all('Pod').flatMap((pod) => (isLive(pod) ? pod.status.podIPs.map(cidrOf) : []));
  const ofPools = cluster.all('IPPool').flatMap(({ spec }) => (spec.disabled ? [] : spec.cidr));
  const installed = cluster
    .all('Installation')
    .flatMap(({ spec }) => spec.calicoNetwork.ipPools.map(({ cidr }) => cidr));
  return [...ofNodes, ...ofPods, ...ofPools, ...installed];
}
