/** What an agent imports. */
export * from './backend-door';
export * from './compute';
export * from './limits/behaviour-change';
export * from './limits/check';
export * from './limits/feature-use';
export * from './resources/field-path';
export * from './resources/kinds/calico';
export * from './resources/kinds/kubernetes';
export * from './resources/kinds/network-policy';
export * from './resources/load';
export * from './resources/manifest-document';
export * from './resources/metadata';
export { parseResource } from './resources/parse';
export * from './resources/resource';
export * from './resources/selectors';
export * from './sources/manifests';
export * from './sources/memory';
export * from './sources/source';
