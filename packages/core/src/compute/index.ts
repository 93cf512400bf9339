/** The calculation of a node's desired state. */
export * from './graph';
export * from './keys';
export * from './service-rules';
export type { ChosenSettings } from './settings';
export { BUILT_IN_TIER_NAMES } from './tiers';
export { defaultInterfaceName } from './workloads';
