/**
 * A client of VPP's binary API by itself: it knows nothing of Polyplane's desired state.
 * @module @polyplane/backend-vpp/api
 */
export { VPP_CODES, VppError, type VppErrorCode } from '../vpp-error';
export { builtInDefinition } from './built-in/built-in-definition';
export { BUILT_IN_VERSION } from './built-in/definition-data';
export * from './built-in/messages';
export { type ClientState, VppClient, type VppClientOptions } from './client';
export type { FieldValues } from './codec';
export * from './definition';
export { definitionFromFiles, definitionFromVpp } from './find-definition';
export { MessageCodecs } from './message-codec';
export { MessageTable, type TableEntry } from './message-table';
export type { AnyMessages, MessageTypes } from './message-types';
export { RAW_MEMBER } from './structure-codec';
