/**
 * The door for tests: the fake backend, a simulated clock, and builders.
 * @module @polyplane/core/testing
 */
export * from './api-server';
export * from './desired-objects';
export * from './fake-backend';
export * from './fake-error';
export * from './fake-faults';
export * from './fake-module';
export type { FakePlan } from './fake-session';
export * from './fake-target';
export * from './felix-programs';
export * from './hasty-scheduler';
export * from './resources';
export * from './simulated-clock';
