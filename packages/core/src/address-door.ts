/**
 * The door for those who know nothing of clusters: addresses, their ranges, and errors that carry a code.
 * @module @polyplane/core/address
 */
export * from './brand';
export * from './errors';
export * from './state/address';
