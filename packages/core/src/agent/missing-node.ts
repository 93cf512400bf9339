/** A cluster that does not have the agent's own node: it may be another one, or not be read at all. */
import { nodeKey } from '../compute/keys';
import { CoreError } from '../core-error';
import type { ResourceProblem } from '../resources/resource-problem';
import type { DesiredState } from '../state';

/** Names that a message lists; of more, the first few. */
const MOST_LISTED = 10;

/** The problem that no Node object has this name; none when one has. */
export function missingNode(nodeName: string, { nodes }: Pick<DesiredState, 'nodes'>): readonly ResourceProblem[] {
  if (nodes.has(nodeKey(nodeName))) return [];
  const names = [...nodes.values()].map(({ name }) => name).sort();
  const message = `no Node object is named ${JSON.stringify(nodeName)}; there is ${formatNames(names)}`;
  return [
    { error: new CoreError('PP_NODE_MISSING', message), object: { apiVersion: 'v1', kind: 'Node', name: nodeName } },
  ];
}

function formatNames(names: readonly string[]): string {
  if (names.length === 0) return 'none at all';
  const more = names.length - MOST_LISTED;
  return names.slice(0, MOST_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
