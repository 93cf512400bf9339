/** Selectors over labels and the index that evaluates them incrementally. */
export { type SelectorNode, withKeyPrefix } from './ast';
export * from './label-index';
export * from './label-selector';
export * from './selector';
