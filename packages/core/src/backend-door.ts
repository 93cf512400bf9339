/**
 * The door for backends: desired state, limits, the interface. No resource type is reachable from here.
 * @module @polyplane/core/backend
 */
export * from './backend/backend';
export * from './backend/behaviours';
export * from './backend/delta-tracker';
export * from './backend/logger';
export * from './brand';
export * from './core-error';
export * from './errors';
export * from './limits/feature';
export * from './limits/feature-gate';
export * from './limits/format-effect';
export * from './limits/limit';
export * from './limits/limits-in-force';
export * from './limits/profile';
export * from './limits/severity';
export * from './limits/verdict';
export * from './state';
