/** What a reconciler says about itself. */
import type { QuarantinedObject } from './quarantine';

/**
 * `waitingForSync`: the source's initial list is not complete, nothing is written. `retrying`: waits after a failure.
 * `targetLost`: waits for the dataplane to come back. `idle`: what is wanted is in force, but for `quarantined`.
 */
export type ReconcilerPhase =
  | 'waitingForSync'
  | 'applying'
  | 'auditing'
  | 'retrying'
  | 'targetLost'
  | 'idle'
  | 'stopped';

/** A failure that has not been made good yet. Times are milliseconds since 1970. */
export interface ReconcilerFailure {
  readonly operation: 'apply' | 'audit' | 'release';
  /** Code of a `CodedError`; `PP_APPLY_FAILED` for any other error. */
  readonly code: string;
  readonly message: string;
  readonly isRetriable: boolean;
  /** When the first failure in a row happened. */
  readonly since: number;
  /** Failures in a row. */
  readonly failures: number;
  readonly error: unknown;
}

/** How the last audit ended. */
export interface AuditReport {
  readonly at: number;
  /** The session's words for what differed and was repaired. */
  readonly repaired: readonly string[];
}

/** How a transition came into force. */
export interface ApplyReport {
  /** When it was in force; milliseconds since 1970. */
  readonly at: number;
  /** How long the session took to put it in force. */
  readonly durationMs: number;
  /** How long the oldest change in it had waited when it was in force: for the session, or after failures. */
  readonly waitedMs: number;
}

/** What a reconciler says about itself, at one moment. */
export interface ReconcilerStatus {
  readonly phase: ReconcilerPhase;
  /** The newest desired state. */
  readonly wantedRevision: number;
  /** The newest desired state that is wholly in force, but for `quarantined`. */
  readonly appliedRevision: number;
  /** Objects that wait to be handed to the session, or are being applied. */
  readonly pendingObjects: number;
  readonly lastFailure?: ReconcilerFailure;
  readonly quarantined: readonly QuarantinedObject[];
  readonly lastAudit?: AuditReport;
  /** Another one with every transition that came into force. */
  readonly lastApply?: ApplyReport;
}
