/** What a node agent is told, and the injection tokens of what it is built from. */
import type { ServiceIdentifier } from 'inversify';
import type { SchedulerLike } from 'rxjs';
import type { BackoffOptions } from '../backend/backoff';
import type { ComputeOptions } from '../compute';
import type { LimitChoice } from '../limits/limits-in-force';
import type { OnUnsupportedChoice } from '../limits/on-unsupported';

/** What a node agent is told; absent fields have the defaults that they name. */
export interface NodeAgentOptions extends ComputeOptions, LimitChoice {
  /** Name of the backend to use. Absent: the only one that is bound. */
  readonly backend?: string;
  /** For all backends. Default `ignore`. */
  readonly onUnsupported?: OnUnsupportedChoice;
  /** By backend; what one says of a feature, or by default, counts before {@link onUnsupported}. */
  readonly onUnsupportedOfBackend?: Readonly<Record<string, OnUnsupportedChoice>>;
  /**
   * Go on without a Node object of this node's name. Default false: such a cluster is not the one that is meant, or was not read,
   * and the agent is not in sync with it.
   */
  readonly allowMissingNode?: boolean;
  /** Path of a network namespace to work in; absent: the process's own. */
  readonly networkNamespace?: string;
  /** Default 60. */
  readonly auditIntervalSeconds?: number;
  /** Default 100 ms to 30 s. */
  readonly backoff?: BackoffOptions;
}

/** The injection token of the agent's options. */
export const NodeAgentOptions: ServiceIdentifier<NodeAgentOptions> = Symbol.for('polyplane.NodeAgentOptions');

/** Time: bound to rxjs's `asyncScheduler` unless a test says otherwise. */
export type Scheduler = SchedulerLike;

/** The injection token of the scheduler. */
export const Scheduler: ServiceIdentifier<Scheduler> = Symbol.for('polyplane.Scheduler');

/** Randomness, for jitter: numbers in [0, 1). */
export type RandomNumbers = () => number;

/** The injection token of the random numbers. */
export const RandomNumbers: ServiceIdentifier<RandomNumbers> = Symbol.for('polyplane.RandomNumbers');
