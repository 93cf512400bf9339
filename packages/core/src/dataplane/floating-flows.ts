/** Which tracked flows floating addresses leave behind: those that somebody answers for whom the address does not stand. */
import { type DesiredState, familyOf, type IpAddress, type IpFamily } from '../state';
import { floatingTargets } from './floating-targets';
import type { TrackedFlow } from './service-flows';

/** Entries to be forgotten. */
export type FlowFilter =
  /** Flows to an address that somebody answered: a workload, or who has the address itself. */
  | {
      readonly kind: 'answered';
      readonly family: IpFamily;
      readonly address: IpAddress;
      readonly answeredBy: IpAddress;
    }
  /** Flows that begin, or end, at an address of a workload. */
  | {
      readonly kind: 'workload';
      readonly family: IpFamily;
      readonly address: IpAddress;
      readonly end: 'source' | 'destination';
    };

/** Flows to floating addresses that stand for another workload now, or for none, and those that were there before any stood for one. */
export function staleFloatingFlows(before: DesiredState, after: DesiredState): readonly FlowFilter[] {
  const old = floatingTargets(before);
  const now = floatingTargets(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((address) => old.get(address) !== now.get(address))
    .map((address) => ({
      kind: 'answered',
      family: familyOf(address),
      address,
      answeredBy: old.get(address) ?? address,
    }));
}

/** Where no state from before is known: of the flows that are tracked, those that the floating addresses of `state` would not have sent where they go. */
export function staleFloatingTracked<Flow extends TrackedFlow>(
  tracked: readonly Flow[],
  state: DesiredState,
): readonly Flow[] {
  const targets = floatingTargets(state);
  if (targets.size === 0) return [];
  return tracked.filter(({ destination, answeredBy }) => {
    const target = targets.get(destination);
    return target !== undefined && target !== answeredBy;
  });
}
