/** The behaviours of the standard Linux dataplane. */
import type { Behaviours } from '../limits/behaviours';

/** kube-proxy’s and Felix’s, both in iptables mode. */
export const STANDARD_BEHAVIOURS: Behaviours = {
  nodePortNat: 'targetedNode',
  nodePortSourceNat: 'byPolicy',
  externalSourceNat: 'byPolicy',
  serviceNat: 'clientNode',
  loadBalancing: 'random',
  isDirectServerReturn: false,
  establishedFlows: 'continue',
  packetPath: 'kernel',
};
