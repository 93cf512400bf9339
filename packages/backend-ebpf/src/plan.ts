/** A plan: what a transition writes into the kernel, in the order in which it is written. */
import type { DesiredState, Plan } from '@polyplane/core/backend';
import type { StaleConnections } from './conntrack/stale-connections';
import { formatEntry, formatSetMember } from './render/format-entry';
import { namesByIndex } from './render/interfaces';
import type { HostInterfaces } from './render/node-facts';
import type { EndpointSpec, NodeStep } from './render/node-renderer';
import { type PolicyProgram, printPolicyProgram } from './render/policy/policy-program';

/** A transition as map entries, programs and attachments. */
export interface EbpfPlan extends Plan {
  /** The session's state that the plan starts from. */
  readonly basis: symbol;
  readonly state: DesiredState;
  readonly step: NodeStep;
  /** Connections that are forgotten afterwards. */
  readonly stale: StaleConnections;
}

/** The step as text, in the order in which it is carried out; interfaces by their names where `interfaces` has them. */
export function printStep(step: NodeStep, interfaces: HostInterfaces): string {
  const { sets, entries, changedEndpoints, goneEndpoints } = step;
  const names = namesOfPrograms(step);
  const interfaceName = namesByIndex(interfaces);
  const asked = [...changedEndpoints].sort(([a], [b]) => a - b);
  const shown = new Set(asked.flatMap(([, { programs }]) => Object.values(programs)));
  return [
    ...sets.added.map((key) => `pp_ip_sets + ${formatSetMember(key)}`),
    ...entries.changes.writes.map(({ map, key, value }) => `${map} + ${formatEntry(map, key, value)}`),
    ...[...shown].map((program) => `program ${names.get(program)}\n${printPolicyProgram(program)}`),
    ...asked.map(([index, spec]) => `pp_endpoints + ${interfaceName(index)}: ${formatEndpoint(spec, names)}`),
    ...entries.changes.deletions.map(({ map, key }) => `${map} - ${Buffer.from(key, 'latin1').toString('hex')}`),
    ...goneEndpoints.map((index) => `pp_endpoints - ${interfaceName(index)}`),
    ...sets.removed.map((key) => `pp_ip_sets - ${formatSetMember(key)}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function formatEndpoint({ flags, programs }: EndpointSpec, names: ReadonlyMap<PolicyProgram, string>): string {
  const places = Object.entries(programs).map(([place, program]) => `${place} ${names.get(program) ?? ''}`);
  return [`flags ${flags}`, ...places].join(', ');
}

function namesOfPrograms({ programs }: NodeStep): ReadonlyMap<PolicyProgram, string> {
  return new Map([...programs.values()].map((program, index) => [program, `policy-${index}`] as const));
}
