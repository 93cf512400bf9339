/** How the iptables backend behaves where dataplanes differ though nothing is missing. */
import type { Behaviours } from '@polyplane/core/backend';

/** kube-proxy's and Felix's behaviour in iptables mode. */
export const IPTABLES_BEHAVIOURS: Behaviours = {
  nodePortNat: 'targetedNode',
  nodePortSourceNat: 'byPolicy',
  externalSourceNat: 'byPolicy',
  serviceNat: 'clientNode',
  loadBalancing: 'random',
  isDirectServerReturn: false,
  establishedFlows: 'continue',
  packetPath: 'kernel',
};
