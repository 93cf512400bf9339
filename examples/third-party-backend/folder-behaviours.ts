/** How the folder backend behaves where dataplanes differ though nothing is missing. */
import type { Behaviours } from '@polyplane/core/backend';

/** Files do nothing to packets: whoever reads them is expected to behave as the standard Linux dataplane. */
export const FOLDER_BEHAVIOURS: Behaviours = {
  nodePortNat: 'targetedNode',
  nodePortSourceNat: 'byPolicy',
  externalSourceNat: 'byPolicy',
  serviceNat: 'clientNode',
  loadBalancing: 'random',
  isDirectServerReturn: false,
  establishedFlows: 'continue',
  packetPath: 'kernel',
};
