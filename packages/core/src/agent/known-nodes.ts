/** The names of the cluster's nodes, and what is said where the agent's own is not among them. */
import { CoreError } from '../core-error';
import { splitResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';

/** Names that a message lists; of more, the first few. */
const MOST_LISTED = 10;

/** Follows a source's changes; knows which Node objects there are. */
export class KnownNodes {
  readonly #names = new Set<string>();

  follow(changes: readonly ResourceChange[]): void {
    for (const change of changes) {
      if (change.op === 'put') {
        if (change.resource.kind === 'Node') this.#names.add(change.resource.metadata.name);
      } else {
        const { kind, name } = splitResourceKey(change.key);
        if (kind === 'Node') this.#names.delete(name);
      }
    }
  }

  /** The problem that no Node object has this name; empty when one has. */
  missing(nodeName: string): readonly ResourceProblem[] {
    if (this.#names.has(nodeName)) return [];
    const message = `no Node object is named ${JSON.stringify(nodeName)}; there is ${this.#list()}`;
    const object = { apiVersion: 'v1', kind: 'Node', name: nodeName };
    return [{ error: new CoreError('PP_NODE_MISSING', message), object }];
  }

  #list(): string {
    if (this.#names.size === 0) return 'none at all';
    const names = [...this.#names].sort();
    const more = names.length - MOST_LISTED;
    return names.slice(0, MOST_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
  }
}
