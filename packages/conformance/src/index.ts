/** What backend authors and test harnesses import: the testbed, the suite runner, the kit. */
export * from './conformance-error';
export * from './prober/probe';
export type { ListeningPort } from './prober/prober';
export * from './testbed/support';
export * from './testbed/testbed';
export * from './testbed/topology';
