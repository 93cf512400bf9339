/** A backend opened on one node of a testbed, brought from one desired state to the next. */
import {
  CoreError,
  type DataplaneBackend,
  type DataplaneSession,
  type LimitTable,
  type NodeContext,
  type NodeSettings,
  SETTINGS_KEY,
} from '@polyplane/core';
import type { SuiteState } from '../suites/suite';
import { desiredStateOf } from './node-settings';

export class NodeDataplane {
  private revision = 0;

  private constructor(
    readonly nodeName: string,
    private readonly session: DataplaneSession,
    /** Limits of the host, found by asking. */
    readonly hostLimits: LimitTable,
  ) {}

  /** @throws CoreError PP_BACKEND_UNUSABLE when the host lacks what the backend needs */
  static async open(backend: DataplaneBackend, node: NodeContext): Promise<NodeDataplane> {
    const { missing, limits = [] } = await backend.probe(node);
    if (missing.length > 0) {
      const what = missing.map((fact) => `${fact.what} (${fact.remedy})`).join('; ');
      throw new CoreError('PP_BACKEND_UNUSABLE', `${backend.name} cannot run here: ${what}`);
    }
    return new NodeDataplane(node.nodeName, await backend.open(node), limits);
  }

  /** Puts the node's desired state into force: whatever was before is changed into it. The node's settings in it. */
  async apply(state: SuiteState): Promise<NodeSettings | undefined> {
    const store = desiredStateOf(this.nodeName, state);
    this.revision += 1;
    await this.session.apply(this.session.plan(store.toTransition(this.revision, true)));
    return store.settings.get(SETTINGS_KEY);
  }

  /** Removes every trace of the backend on this node. */
  release(): Promise<void> {
    return this.session.release('remove');
  }
}
