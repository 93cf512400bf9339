/**
 * What users of the eBPF backend import.
 * @module @polyplane/backend-ebpf
 */
export { EbpfBackend } from './backend';
export { EBPF_BEHAVIOURS } from './behaviours';
export { EBPF_CODES, EbpfError, type EbpfErrorCode } from './ebpf-error';
export { EBPF_LIMITS } from './limits';
export { ebpfModule } from './module';
