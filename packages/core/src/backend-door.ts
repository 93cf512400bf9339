/**
 * The door for backends: desired state, limits, the interface. No resource type is reachable from here.
 * @module @polyplane/core/backend
 */
export * from './backend/backend';
export * from './backend/delta-tracker';
export * from './backend/flow-record';
export * from './backend/logger';
export * from './brand';
export * from './core-error';
export * from './dataplane/claim-index';
export * from './dataplane/floating-flows';
export * from './dataplane/floating-targets';
export * from './dataplane/host-endpoints';
export * from './dataplane/host-links';
export * from './dataplane/neighbour-discovery';
export * from './dataplane/next-state';
export * from './dataplane/node-port-entrances';
export * from './dataplane/policed-flows';
export * from './dataplane/service-flows';
export * from './errors';
export * from './limits/behaviours';
export * from './limits/feature';
export * from './limits/feature-gate';
export * from './limits/format-effect';
export * from './limits/limit';
export * from './limits/limits-in-force';
export * from './limits/profile';
export * from './limits/severity';
export * from './limits/verdict';
export * from './state';
