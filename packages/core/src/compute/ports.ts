/** Port ranges as few as possible. */
import type { Port, PortRange } from '../state';

/** The same ports in as few ranges as possible, in ascending order. */
export function mergePorts(ranges: readonly PortRange[]): readonly PortRange[] {
  const merged: { first: Port; last: Port }[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    const previous = merged.at(-1);
    if (previous === undefined || first > previous.last + 1) merged.push({ first, last });
    else if (last > previous.last) previous.last = last;
  }
  return merged;
}
