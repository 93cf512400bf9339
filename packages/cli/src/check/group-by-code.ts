/** Findings and changes by their code. */

/** In the order in which the codes come first. */
export function groupByCode<T extends { readonly code: string }>(
  items: readonly T[],
): readonly (readonly [string, T[]])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.code) ?? [];
    groups.set(item.code, group);
    group.push(item);
  }
  return [...groups];
}
