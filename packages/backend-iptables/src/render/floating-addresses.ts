/** Floating addresses of workloads in nat: to the workload's own address, and back where a workload calls itself. */
import {
  cidrOf,
  type DesiredState,
  familyOf,
  floatingTargets,
  type IpAddress,
  type IpFamily,
} from '@polyplane/core/backend';
import { addressHex } from './address-hex';
import type { ChainName } from './names';
import { formatRule, type RuleText } from './rule-text';
import { type DispatchEntry, renderAddressTree } from './service-dispatch';

/** The rules that lead into the floating addresses' chains, where packets arrive and where they leave. */
export interface FloatingRules {
  readonly arriving: readonly RuleText[];
  readonly leaving: readonly RuleText[];
}

/** Adds the chains of both trees to `chains`. Every protocol is translated, and no port. */
export function renderFloatingAddresses(
  state: DesiredState,
  family: IpFamily,
  chains: Map<ChainName, readonly RuleText[]>,
): FloatingRules {
  const targets = [...floatingTargets(state)].filter(([address]) => familyOf(address) === family);
  return {
    arriving: renderAddressTree('FD', family, targets.map(toTarget), chains),
    leaving: renderAddressTree('FS', family, targets.map(fromItself), chains),
  };
}

type Floating = readonly [address: IpAddress, target: IpAddress];

function toTarget([address, target]: Floating): DispatchEntry {
  const rule = formatRule({ destination: { value: cidrOf(address) }, target: { kind: 'dnat', address: target } });
  return { key: addressHex(address), rule };
}

/** A workload that calls itself sees the address that it called; a service that sends it to itself is none of this. */
function fromItself([address, target]: Floating): DispatchEntry {
  const own = { value: cidrOf(target) };
  const rule = formatRule({
    source: own,
    destination: own,
    matches: [{ kind: 'originalDestination', address }],
    target: { kind: 'snat', address },
  });
  return { key: `${addressHex(target)}-${addressHex(address)}`, rule };
}
