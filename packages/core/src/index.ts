/**
 * What an agent imports.
 * @module @polyplane/core
 */
export * from './agent/module';
export * from './agent/node-agent';
export * from './agent/node-agent-options';
export * from './agent/node-agent-status';
export type { ObjectsChange } from './agent/object-collection';
export type { BackoffOptions } from './backend/backoff';
export type { QuarantinedObject } from './backend/quarantine';
export * from './backend/reconciler';
export * from './backend/reconciler-status';
export * from './backend/registry';
export * from './backend-door';
export * from './compute';
export * from './limits/behaviour-change';
export * from './limits/check';
export type { DiagnosticChanges } from './limits/diagnostic-set';
export * from './limits/feature-use';
export * from './limits/features-used';
export * from './limits/gate';
export type { BackendsOfNodes } from './limits/hybrid-cluster';
export * from './limits/on-unsupported';
export type { OtherJudgement } from './limits/other-profiles';
export * from './resources/field-path';
export * from './resources/kinds/calico';
export * from './resources/kinds/calico-set';
export * from './resources/kinds/calico-staged';
export * from './resources/kinds/calico-workload';
export * from './resources/kinds/cluster-policy';
export * from './resources/kinds/kubernetes';
export * from './resources/kinds/network-policy';
export * from './resources/kinds/settings';
export * from './resources/load';
export * from './resources/manifest-document';
export * from './resources/metadata';
export { parseResource } from './resources/parse';
export * from './resources/resource';
export * from './resources/resource-change';
export * from './resources/resource-problem';
export * from './resources/selectors';
export type { PodTemplate, ServiceTarget, StandIns } from './resources/stand-ins';
export * from './sources/kubeconfig';
export * from './sources/kubernetes';
export { readManifestFiles } from './sources/manifest-files';
export * from './sources/manifests';
export * from './sources/memory';
export * from './sources/source';
