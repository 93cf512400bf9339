/** One node agent at a time on what a backend programs: the lock's interface, its token, and what is said to who comes second. */
import type { ServiceIdentifier } from 'inversify';
import { CoreError } from '../core-error';

/** Who wants the lock, and on what. */
export interface LockRequest {
  readonly nodeName: string;
  readonly backend: string;
  /** Path of the network namespace; absent: the process's own. */
  readonly networkNamespace?: string;
}

/** A lock that is held; it ends with the process, however that ends. */
export interface HeldLock {
  /** Gives it back. */
  release(): Promise<void>;
}

/** Locks a network namespace for one node agent. */
export interface AgentLock {
  /**
   * Takes the lock, or rejects at once.
   * @throws CoreError PP_AGENT_ALREADY_RUNNING, naming the holder; PP_BACKEND_UNUSABLE where there is no such namespace
   */
  take(request: LockRequest): Promise<HeldLock>;
}

/** The injection token of the lock. */
export const AgentLock: ServiceIdentifier<AgentLock> = Symbol.for('polyplane.AgentLock');

/** What is known of a holder; nothing of one that does not answer and is not to be seen from here. */
export interface LockHolder {
  readonly pid?: number;
  readonly nodeName?: string;
  readonly backend?: string;
}

/** The error of who comes second. */
export function alreadyRunning({ pid, nodeName, backend }: LockHolder, { networkNamespace }: LockRequest): CoreError {
  const process = pid === undefined ? 'of a process that cannot be seen from here' : `of process ${pid}`;
  const work = nodeName === undefined ? '' : ` (node ${nodeName}, backend ${backend})`;
  const where = networkNamespace === undefined ? 'this network namespace' : `the network namespace ${networkNamespace}`;
  return new CoreError('PP_AGENT_ALREADY_RUNNING', `a node agent ${process}${work} is at work in ${where} already`);
}
