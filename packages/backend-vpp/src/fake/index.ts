/**
 * A VPP for tests: its API socket, spoken from the same definitions as the client's.
 * @module @polyplane/backend-vpp/fake
 */
export * from './fake-api-server';
