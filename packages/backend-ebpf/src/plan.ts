/** A plan: what a transition writes into the kernel, in the order in which it is written. */
import type { DesiredState, Plan } from '@polyplane/core/backend';
import type { NodeStep } from './render/node-renderer';
import { printPolicyProgram } from './render/policy/policy-program';

/** A transition as map entries, programs and attachments. */
export interface EbpfPlan extends Plan {
  /** The session's state that the plan starts from. */
  readonly basis: symbol;
  readonly state: DesiredState;
  readonly step: NodeStep;
}

/** The step as text, in the order in which it is carried out. */
export function printStep({ sets, entries, programs, changedEndpoints, goneEndpoints }: NodeStep): string {
  const names = new Map([...programs.values()].map((program, index) => [program, `policy-${index}`] as const));
  const asked = [...changedEndpoints].sort(([a], [b]) => a - b);
  const shown = new Set(asked.flatMap(([, { programs: places }]) => Object.values(places)));
  return [
    ...sets.added.map((key) => `pp_ip_sets + ${hex(key)}`),
    ...entries.changes.writes.map(({ map, key, value }) => `${map} + ${hex(key)} = ${value.toString('hex')}`),
    ...[...shown].map((program) => `program ${names.get(program)}\n${printPolicyProgram(program)}`),
    ...asked.map(([index, { flags, programs: places }]) => {
      const list = Object.entries(places).map(
        ([place, program]) => `${place} ${program === undefined ? '' : names.get(program)}`,
      );
      return `pp_endpoints + interface ${index}: flags ${flags}, ${list.join(', ')}`;
    }),
    ...entries.changes.deletions.map(({ map, key }) => `${map} - ${hex(key)}`),
    ...goneEndpoints.map((index) => `pp_endpoints - interface ${index}`),
    ...sets.removed.map((key) => `pp_ip_sets - ${hex(key)}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function hex(key: string): string {
  return Buffer.from(key, 'latin1').toString('hex');
}
