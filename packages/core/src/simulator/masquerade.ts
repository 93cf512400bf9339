/** When a translated packet's source becomes the node's own address, so that its answer comes back this way. */
import type { IpAddress, NodeSettings } from '../state';
import type { Flow } from './flow';
import type { SenderFacts, ServiceHit } from './service-table';

/**
 * Why the packet is masqueraded on its way to the endpoint, or undefined when it keeps its source.
 * Source: Kubernetes' kube-proxy (iptables mode).
 */
export function masqueradeReason(
  hit: ServiceHit,
  endpoint: IpAddress,
  flow: Flow,
  sender: SenderFacts,
  settings: NodeSettings,
): string | undefined {
  if (endpoint === flow.source.address) return 'endpoint reaches itself through its service';
  const { kind, trafficPolicy } = hit.frontend;
  if (kind === 'clusterIp') {
    if (settings.masqueradeAll) return 'masqueradeAll';
    return settings.localDetector.kind !== 'none' && !sender.isLocalPod ? 'sender is no pod' : undefined;
  }
  if (trafficPolicy === 'cluster') return 'external traffic under policy Cluster';
  return sender.isNode ? 'sender is the node' : undefined;
}
