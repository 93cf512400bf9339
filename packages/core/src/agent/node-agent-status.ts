/** What a node agent says about itself. */
import type { NodeFacts } from '../backend/backend';
import type { ReconcilerStatus } from '../backend/reconciler-status';
import type { CodedError } from '../errors';
import type { FeatureGates } from '../limits/feature-gate';
import type { LimitProfile } from '../limits/profile';
import type { DesiredType } from '../state';

/** `opening`: asks the host and opens the dataplane, again and again while it does not answer yet. */
export type NodeAgentPhase = 'created' | 'opening' | 'running' | 'failed' | 'stopped';

/** What a node agent says about itself, at one moment. */
export interface NodeAgentStatus {
  readonly phase: NodeAgentPhase;
  readonly nodeName: string;
  /** Name of the backend; absent until it is chosen. */
  readonly backend?: string;
  /** The version of the dataplanes whose limits count. */
  readonly profile: LimitProfile;
  /** The backend's feature gates, each on or off; none until it is chosen. */
  readonly featureGates: FeatureGates;
  /** What the backend found on this host. */
  readonly facts?: NodeFacts;
  /** The source's initial list is complete, and has this node in it. */
  readonly isInSync: boolean;
  /** The newest desired state. */
  readonly revision: number;
  /** How many objects of each type the newest desired state has. */
  readonly objects: Readonly<Record<DesiredType, number>>;
  /** How many objects the source could not use, and how many limits are met. */
  readonly problems: number;
  readonly diagnostics: number;
  /** How many objects that close traffic cannot be read and have no earlier version in force. */
  readonly notInForce: number;
  /** Absent until the dataplane is open. */
  readonly reconciler?: ReconcilerStatus;
  /** Why the dataplane is not open yet, or why the agent failed. */
  readonly failure?: CodedError;
}
