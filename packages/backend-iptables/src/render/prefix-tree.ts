/** A prefix tree over text keys: what makes a lookup in chains cost O(log n) rules instead of n. */

/**
 * A node stands for all keys that begin with `prefix`. `entries` are the keys kept here, `children` longer prefixes;
 * a node has more than `leafSize` entries only where all have the same key.
 */
export interface PrefixNode<Entry> {
  readonly prefix: string;
  readonly entries: readonly Entry[];
  readonly children: readonly PrefixNode<Entry>[];
}

/** The tree of `entries`, which must be sorted by key. Its shape is a function of the keys alone. */
export function buildPrefixTree<Entry extends { readonly key: string }>(
  entries: readonly Entry[],
  leafSize: number,
): PrefixNode<Entry> | undefined {
  const first = entries[0];
  const last = entries[entries.length - 1];
  if (first === undefined || last === undefined) return undefined;
  // Sorted, so what the first and the last have in common all have.
  const prefix = commonPrefix(first.key, last.key);
  if (entries.length <= leafSize) return { prefix, entries, children: [] };
  const { own, groups } = splitByNextCharacter(entries, prefix.length);
  return {
    prefix,
    entries: own,
    children: groups.flatMap((group) => buildPrefixTree(group, leafSize) ?? []),
  };
}

function commonPrefix(a: string, b: string): string {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return a.slice(0, length);
}

function splitByNextCharacter<Entry extends { readonly key: string }>(
  entries: readonly Entry[],
  position: number,
): { readonly own: readonly Entry[]; readonly groups: readonly (readonly Entry[])[] } {
  const own: Entry[] = [];
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const character = entry.key[position];
    if (character === undefined) {
      own.push(entry);
      continue;
    }
    const group = groups.get(character);
    if (group === undefined) groups.set(character, [entry]);
    else group.push(entry);
  }
  // A chain for a single entry would only add a step.
  for (const group of groups.values()) if (group.length === 1) own.push(...group);
  return { own, groups: [...groups.values()].filter((group) => group.length > 1) };
}
