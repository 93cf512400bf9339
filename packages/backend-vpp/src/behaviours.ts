/** How the VPP backend behaves where dataplanes differ though nothing is missing (Calico 3.19, Details of VPP implementation). */
import type { Behaviours } from '@polyplane/core/backend';

/** How the VPP dataplane behaves where nothing is missing. */
export const VPP_BEHAVIOURS: Behaviours = {
  nodePortNat: 'targetedNode',
  nodePortSourceNat: 'always',
  externalSourceNat: 'never',
  serviceNat: 'backendNode',
  loadBalancing: 'maglev',
  isDirectServerReturn: true,
  establishedFlows: 'newFlowsOnly',
  packetPath: 'userspace',
};
