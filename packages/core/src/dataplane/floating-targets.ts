/** Which workload a floating address stands for. */
import { type DesiredState, familyOf, type IpAddress } from '../state';

/** Every floating address with the workload's own that it stands for. Of several workloads that have one, the smallest key has it. */
export function floatingTargets(state: DesiredState): ReadonlyMap<IpAddress, IpAddress> {
  const claims = new Map<IpAddress, { readonly key: string; readonly target: IpAddress }>();
  for (const { key, floatingAddresses = [] } of state.workloads.values()) {
    for (const { address, target } of floatingAddresses) {
      const known = claims.get(address);
      if (familyOf(address) === familyOf(target) && (known === undefined || key < known.key)) {
        claims.set(address, { key, target });
      }
    }
  }
  return new Map([...claims].map(([address, { target }]) => [address, target]));
}
