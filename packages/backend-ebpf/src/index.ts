/** What users of the eBPF backend import. */
export { EBPF_BEHAVIOURS } from './behaviours';
export { EBPF_LIMITS } from './limits';
