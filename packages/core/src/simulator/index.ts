/** The simulator's door. */
export * from './packet';
