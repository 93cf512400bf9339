/**
 * What users of the iptables backend import.
 * @module @polyplane/backend-iptables
 */
export { IptablesBackend } from './backend';
export { IPTABLES_BEHAVIOURS } from './behaviours';
export { IPTABLES_CODES, IptablesError, type IptablesErrorCode } from './iptables-error';
export { IPTABLES_LIMITS } from './limits';
export { iptablesModule } from './module';
export { DEFAULT_OPTIONS, IptablesOptions } from './options';
export type { IptablesPlan, IptablesSession } from './session';
