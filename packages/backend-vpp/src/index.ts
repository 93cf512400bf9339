/**
 * What users of the VPP backend import.
 * @module @polyplane/backend-vpp
 */
export { VppBackend } from './backend';
export { VPP_BEHAVIOURS } from './behaviours';
export { VPP_LIMITS } from './limits';
export { vppModule } from './module';
export { VppOptions } from './options';
export { VPP_CODES, VppError, type VppErrorCode } from './vpp-error';
