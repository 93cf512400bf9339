/**
 * What backend authors and test harnesses import: the testbed, the suite runner, the kit.
 * @module @polyplane/conformance
 */
export * from './conformance-error';
export { type DescribeBackendOptions, describeBackend } from './kit/describe-backend';
export { type Batch, EXPANSIONS, type Expansion, expandSequence } from './kit/expansions';
export type { BackendHarness, ProbeOutcome } from './kit/harness';
export { createInMemoryHarness, type InMemoryTarget } from './kit/in-memory-harness';
export { SCENARIO_NODE, SCENARIO_TOPOLOGY } from './kit/scenario';
export { sequenceOfChoices } from './kit/sequence-of-choices';
export * from './kit/skip';
export type { TestFramework } from './kit/test-framework';
export { createTestbedHarness, type TestbedTarget } from './kit/testbed-harness';
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
