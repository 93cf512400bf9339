/** Names near to one that does not exist, for error messages. */
import { distance } from 'fastest-levenshtein';

const MOST = 5;

/** Up to five of `names`, the likeliest first: alike in spelling or one a part of the other; failing any, the first of all. */
export function nearNames(wanted: string, names: Iterable<string>): readonly string[] {
  const all = [...new Set(names)].sort();
  const isNear = (name: string): boolean =>
    name.includes(wanted) || wanted.includes(name) || distance(wanted, name) <= Math.max(2, wanted.length / 3);
  const near = all.filter(isNear).sort((a, b) => distance(wanted, a) - distance(wanted, b));
  return (near.length > 0 ? near : all).slice(0, MOST);
}

/** `near: a, b`, or that there are none at all. */
export function formatNearNames(wanted: string, names: Iterable<string>): string {
  const near = nearNames(wanted, names);
  return near.length > 0 ? `near: ${near.join(', ')}` : 'there are none at all';
}
