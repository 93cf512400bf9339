/** How many processors the kernel keeps room for: what values of maps with one value a processor are made for. */
import { readFileSync } from 'node:fs';

/** Those that may ever come, not those that are on: `/sys/devices/system/cpu/possible`, such as `0-7` or `0,2-3`. */
export function readPossibleProcessors(path = '/sys/devices/system/cpu/possible'): number {
  const highest = readFileSync(path, 'latin1').trim().split(/[,-]/).at(-1);
  return Number(highest) + 1;
}
