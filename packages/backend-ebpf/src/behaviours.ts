/** How the eBPF backend behaves where dataplanes differ though nothing is missing (seeds/ebpf-limitations.md). */
import type { Behaviours } from '@polyplane/core/backend';

/** How the eBPF dataplane behaves where nothing is missing. */
export const EBPF_BEHAVIOURS: Behaviours = {
  nodePortNat: 'anyNode',
  nodePortSourceNat: 'never',
  externalSourceNat: 'never',
  serviceNat: 'clientNode',
  loadBalancing: 'random',
  isDirectServerReturn: true,
  establishedFlows: 'revalidated',
};
