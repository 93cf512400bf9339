/** When a translated packet's source becomes the node's own address, so that its answer comes back this way. */
import type { Behaviours } from '../limits/behaviours';
import { familyOf, type IpAddress, type IpFamily, type NodeSettings } from '../state';
import type { Flow } from './flow';
import type { SenderFacts, ServiceHit } from './service-table';

/**
 * Why the packet is masqueraded on its way to the endpoint, or undefined when it keeps its source. `byPolicy` is what
 * Kubernetes' kube-proxy does in iptables mode; other dataplanes keep, or never keep, the client's address.
 */
export function masqueradeReason(
  { frontend }: ServiceHit,
  endpoint: IpAddress,
  flow: Flow,
  sender: SenderFacts,
  { settings, behaviours }: { readonly settings: NodeSettings; readonly behaviours: Behaviours },
): string | undefined {
  if (endpoint === flow.source.address) return 'endpoint reaches itself through its service';
  const { kind, trafficPolicy } = frontend;
  const sourceNat = kind === 'nodePort' ? behaviours.nodePortSourceNat : behaviours.externalSourceNat;
  if (kind === 'clusterIp') return sourceNat === 'never' ? undefined : clusterIpReason(flow, sender, settings);
  if (sourceNat === 'always') return 'external traffic is always masqueraded';
  if (sourceNat === 'never') return undefined;
  if (trafficPolicy === 'cluster') return 'external traffic under policy Cluster';
  // A node whose address is in the pods' range counts as a pod.
  return sender.isNode && !sender.isLocalPod ? 'sender is the node' : undefined;
}

function clusterIpReason({ family }: Flow, sender: SenderFacts, settings: NodeSettings): string | undefined {
  if (settings.masqueradeAll) return 'masqueradeAll';
  return canTellPods(settings, family) && !sender.isLocalPod ? 'sender is no pod' : undefined;
}

/** Ranges of the other family alone say nothing about this one: kube-proxy then tells nobody apart. */
function canTellPods({ localDetector }: NodeSettings, family: IpFamily): boolean {
  if (localDetector.kind !== 'cidrs') return localDetector.kind !== 'none';
  return localDetector.cidrs.some((cidr) => familyOf(cidr) === family);
}
