/** The desired state's public types. */
export * from './address';
export * from './desired-state';
export * from './endpoint';
export * from './ip-set';
export * from './node';
export * from './origin';
export * from './policy';
export * from './pool';
export * from './protocol';
export * from './references';
export * from './route';
export * from './rule-family';
export * from './service';
export * from './transition';
