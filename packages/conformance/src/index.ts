/** What backend authors and test harnesses import: the testbed, the suite runner, the kit. */
export * from './conformance-error';
export * from './prober/probe';
export type { ListeningPort } from './prober/prober';
export * from './run/report';
export { type RunSuitesOptions, runSuites } from './run/run-suites';
export { topologyOf } from './run/topology-of';
export * from './suites/bundled-suites';
export { type LoadedSuites, loadSuite, loadSuites } from './suites/load-suites';
export * from './suites/suite';
export * from './testbed/support';
export * from './testbed/testbed';
export * from './testbed/topology';
