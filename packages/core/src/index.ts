/** What an agent imports. */
export * from './backend-door';
export * from './resources/kinds/calico';
export * from './resources/kinds/kubernetes';
export * from './resources/kinds/network-policy';
export * from './resources/metadata';
export * from './resources/resource';
export * from './resources/selectors';
export * from './sources/source';
