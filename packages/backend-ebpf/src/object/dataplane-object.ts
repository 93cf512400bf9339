/** The object that the package ships: the dataplane's programs and maps, compiled from `bpf/`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BpfObject, parseBpfObject } from './bpf-object';

/** From src/object and from dist/object alike. */
const PATH = join(__dirname, '..', '..', 'objects', 'polyplane.o');

let parsed: BpfObject | undefined;

/** Read once. */
export function dataplaneObject(): BpfObject {
  parsed ??= parseBpfObject(readFileSync(PATH));
  return parsed;
}

/** The programs that others go on with, by their place in the map `pp_programs` (`enum pp_program`). */
export const PROGRAM_SLOTS: Readonly<Record<string, number>> = {
  pp_open: 1,
  pp_balance: 2,
  pp_judged: 3,
  pp_admit: 4,
  pp_refuse: 5,
  pp_related: 6,
  pp_tunnel: 7,
};
