/** The calculation of a node's desired state. */
export * from './graph';
export * from './keys';
export { defaultInterfaceName } from './workloads';
