/** What an agent imports. */
export * from './backend-door';
export * from './resources/metadata';
export * from './resources/resource';
export * from './sources/source';
