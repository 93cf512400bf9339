/** What users of the VPP backend import. */
export { VPP_BEHAVIOURS } from './behaviours';
export { VPP_LIMITS } from './limits';
