/**
 * The simulator's door.
 * @module @polyplane/core/simulator
 */
export * from './backend';
export * from './cluster';
export * from './denial';
export * from './module';
export * from './open-flow';
export * from './options';
export * from './packet';
export type { Direction, RuleCounter } from './policy-table';
export { NodeSimulator } from './simulator';
export { STANDARD_BEHAVIOURS } from './standard-behaviours';
