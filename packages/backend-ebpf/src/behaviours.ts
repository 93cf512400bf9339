/** How the eBPF backend behaves where dataplanes differ though nothing is missing (Calico 3.19, Enable the eBPF dataplane). */
import type { Behaviours } from '@polyplane/core/backend';

/** How the eBPF dataplane behaves where nothing is missing. */
/**
 * `isDirectServerReturn`: the document names direct server return among what eBPF mode supports, so that is what this backend
 * does and what a switch to it announces. Calico itself asks for it by `bpfExternalServiceMode: DSR`, and tunnels answers back
 * through the node that was dialled unless told so.
 */
export const EBPF_BEHAVIOURS: Behaviours = {
  nodePortNat: 'anyNode',
  nodePortSourceNat: 'never',
  externalSourceNat: 'never',
  serviceNat: 'clientNode',
  loadBalancing: 'random',
  isDirectServerReturn: true,
  establishedFlows: 'revalidated',
  packetPath: 'kernel',
};
