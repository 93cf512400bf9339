/** What concerns every node alike is said once, not once a node. */
import type { Resource } from '@polyplane/core';
import type { NamedObject } from './report-data';

/** The names of the cluster's nodes. */
export function nodeNames(resources: readonly Resource[]): ReadonlySet<string> {
  return new Set(resources.flatMap(({ kind, metadata }) => (kind === 'Node' ? [metadata.name] : [])));
}

/** Whether these are all of the cluster's nodes, of which there are several, and nothing else. */
export function isEveryNode(objects: readonly NamedObject[], nodes: ReadonlySet<string>): boolean {
  const names = new Set(objects.map(({ kind, name }) => (kind === 'Node' ? name : '')));
  return nodes.size > 1 && names.size === nodes.size && [...names].every((name) => nodes.has(name));
}

/** Names told; who has more nodes knows what they are called. */
const MOST = 10;

/** `every node (3): node-1, node-2, node-3`. */
export function formatEveryNode(nodes: ReadonlySet<string>): string {
  const names = [...nodes].sort();
  const more = names.length > MOST ? `, and ${names.length - MOST} more` : '';
  return `every node (${names.length}): ${names.slice(0, MOST).join(', ')}${more}`;
}
