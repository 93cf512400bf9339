/** The simulator's door. */
export * from './options';
export * from './packet';
export type { Direction, RuleCounter } from './policy-table';
export { NodeSimulator } from './simulator';
