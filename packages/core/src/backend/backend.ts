/**
 * THE interface between core and a dataplane. A backend is a dataplane's implementation; a session is a backend opened
 * on a node. docs/writing-a-backend.md holds it against iptables, eBPF and VPP, change by change.
 */
import type { ServiceIdentifier } from 'inversify';
import type { Observable } from 'rxjs';
import { shareBetweenCopies } from '../copies';
import { CodedError, type CodeTable } from '../errors';
import type { Behaviours } from '../limits/behaviours';
import type { LimitTable } from '../limits/limit';
import type { DesiredKey, Transition } from '../state';
import type { FlowRecord } from './flow-record';
import type { Logger } from './logger';

/** A dataplane's implementation. Making one has no effect on the host. */
export interface DataplaneBackend {
  /** The name users write in configuration: lower-case letters, digits and dashes. */
  readonly name: string;
  readonly limits: LimitTable;
  readonly behaviours: Behaviours;
  /** Every error code that this backend's errors carry. */
  readonly codes: CodeTable;
  /**
   * What its sessions program and no two node agents may at a time: an agent locks it before it opens the backend. Absent: nothing
   * that another agent could meet (memory, a folder of its own).
   */
  readonly claim?: 'networkNamespace';

  /**
   * What this host offers, asked of the kernel or of VPP, never guessed from version numbers. Changes nothing.
   * A missing feature is in the answer; only a failure to ask rejects.
   */
  probe(node: NodeContext): Promise<NodeFacts>;

  /**
   * Opens the dataplane and adopts, by owner tag, what an earlier session left, without disturbing traffic: nothing is
   * written before the first `apply`.
   * @throws DataplaneError not retriable when the host cannot run this backend (`NodeFacts.missing` says what);
   *   retriable when the target does not answer yet
   */
  open(node: NodeContext): Promise<DataplaneSession>;

  /**
   * The plan of a full transition for a fresh, empty host. Pure: asks nothing of this host and needs no privilege, so that a
   * plan can be looked at anywhere. Absent: the backend cannot say it without its target.
   */
  render?(transition: Transition): Plan;

  /**
   * What is in force on a node, of this session and earlier ones, beside what would be after a full transition: for people who
   * ask before they change anything. Reads only, also beside a running session, whose own reading it does not disturb. Absent: the
   * backend cannot say it; who asks has to do with a session's plan.
   * @param transition absent: nothing is wanted, and it is said also on a host that cannot run the backend any more
   * @throws DataplaneError as {@link open}; or when the target cannot be read
   */
  inspect?(node: NodeContext, transition?: Transition): Promise<Inspection>;

  /**
   * What `release('remove')` does, without a session: also on a host that cannot run the backend any more. Where there is no trace it
   * does nothing. Absent: a session is opened for it.
   * @throws DataplaneError when something stays
   */
  removeTraces?(node: NodeContext): Promise<void>;

  /**
   * Forgets at once every connection that the dataplane itself remembers in the namespace, beside the kernel's own connection
   * tracking: for test harnesses, whose packets are all to be judged anew. Absent: it remembers none.
   */
  forgetConnections?(node: NodeContext): void;
}

/** The injection token under which every backend's module binds its backend; several may be bound at once. */
export const DataplaneBackend: ServiceIdentifier<DataplaneBackend> = Symbol.for('polyplane.DataplaneBackend');

/**
 * The injection token for the options of the backend named so, as users wrote them (in an agent's configuration, `backends.NAME`).
 * A backend's module looks there, and the backend checks what it finds.
 */
export function backendOptionsToken<Options extends object>(name: string): ServiceIdentifier<Options> {
  return Symbol.for(`polyplane.backendOptions.${name}`);
}

/** Where a session works. */
export interface NodeContext {
  readonly nodeName: string;
  /** Path of a network namespace to work in (`/run/netns/x`); absent: the process's own. */
  readonly networkNamespace?: string;
  readonly logger: Logger;
}

/** What a backend has in force and what it would have, as text for people: every trace of it in the namespace is a line. */
export interface Inspection {
  /** In a fixed order. A part that neither has nor would have anything may be left out. */
  readonly parts: readonly InspectedPart[];
}

/** One holder of things: a table, all sets, a map, one type of API object. */
export interface InspectedPart {
  /** In the backend's own terms (`iptables-nft filter`). */
  readonly name: string;
  /** The same lines in the same order for the same content: sorted, where order means nothing, and without counters and handles. */
  readonly inForce: readonly string[];
  readonly wanted: readonly string[];
}

/** What a host offers to a backend. */
export interface NodeFacts {
  readonly backend: string;
  /** Found out by asking, for people and for `limits`: `iptablesVariant: 'nft'`, `hasIpset: true`. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** Why the backend cannot run here; empty when it can. */
  readonly missing: readonly MissingFact[];
  /** Limits of this host beyond the backend's own table, found by asking. A row here stands in for the table's of its feature. */
  readonly limits?: LimitTable;
}

/** One thing that a host lacks, and what to do about it. */
export interface MissingFact {
  readonly what: string;
  readonly remedy: string;
}

/**
 * A backend opened on a node. Its owner (the reconciler) calls one method at a time and awaits it; `plan` excepted, which
 * is pure. The session remembers what it has applied, so a transition is all that it needs to be told.
 *
 * Failure semantics: after a rejected `apply` the session must know, or must find out in its next `plan`, `apply` or
 * `audit`, what is in force; the caller hands the same objects (and newer ones) in again. A session never leaves a workload
 * open that should be closed: what is half done fails closed for new workloads, open for established connections.
 * A transition may name an object that is not there (its put was refused before, and left out since), or remove one that
 * is still named: the session refuses with an error that is not retriable and names the object that refers to it, or that
 * is to be removed, in `objects`; the caller keeps these out until what they wait for has come. The same error, thrown
 * by `plan`, means the same. What a full transition removes by leaving it out is never a reason to refuse it: what cannot
 * be removed now is left to the audits. What the target lost by itself is still asked for: an audit compares with what
 * successful applies asked for, not with what was last read. Every call settles: a session sets its own time-outs.
 */
export interface DataplaneSession<P extends Plan = Plan> {
  /** Turns a transition into this backend's own terms, against what the session last applied. Pure: no I/O, no effect on the session. */
  plan(transition: Transition): P;

  /**
   * Puts a plan into force: all or nothing where the target can; else in an order that is safe at every step.
   * An empty plan writes nothing. Applying a plan twice is an error, applying an equal new one writes nothing.
   * @throws DataplaneError see its fields; CoreError PP_PLAN_STALE for a plan made before the last successful `apply`
   */
  apply(plan: P): Promise<void>;

  /** Reads back what is in force, compares it with what was applied, and repairs only what differs. Foreign objects are left alone. */
  audit(): Promise<Drift>;

  /** Ends with `release`. Never errors. */
  readonly events$: Observable<DataplaneEvent>;

  /**
   * Ends the session. `leave`: everything stays in force without us. `remove`: every trace of the backend in this
   * network namespace goes, also traces of earlier sessions, and nothing else.
   */
  release(how: 'leave' | 'remove'): Promise<void>;
}

/** A transition in a backend's own terms. Plain data; a backend adds what it needs to apply it. */
export interface Plan {
  readonly revision: number;
  /** Nothing would be written. */
  readonly isEmpty: boolean;
  /** The plan as text for people, in the backend's own terms (restore lines, map entries, API messages); same input, same text. */
  print(): string;
}

/** What an audit found and repaired. */
export interface Drift {
  /** One line a difference, in the backend's own terms; empty: none. */
  readonly repaired: readonly string[];
}

/** What a session tells without being asked. */
export type DataplaneEvent =
  /** Somebody else changed our objects: an audit is due. */
  | { readonly type: 'foreignChange'; readonly description: string }
  /** The target is gone; `apply` will reject until it is back. */
  | { readonly type: 'lost'; readonly description: string }
  /** The target is back with nothing in it: everything must be applied again, at once. */
  | { readonly type: 'restarted'; readonly description: string }
  /** Policy judged a flow. */
  | { readonly type: 'flow'; readonly flow: FlowRecord };

/** The codes any backend may use; it adds its own. */
export interface DataplaneErrorOptions {
  /** Trying the same again may help (a lock held, a connection lost). */
  readonly isRetriable: boolean;
  /** The objects that are to blame, if known: the caller leaves them out, reports them, and goes on with the rest. */
  readonly objects?: readonly DesiredKey[];
  /** Of an error about the backend's options: the name of the one that is wrong. */
  readonly option?: string;
  readonly cause?: unknown;
}

/** The base of every backend's error class. `instanceof` holds for every copy of this package. */
export abstract class DataplaneError<Code extends string = string> extends CodedError<Code> {
  readonly isRetriable: boolean;
  readonly objects: readonly DesiredKey[];
  readonly option?: string;

  protected constructor(code: Code, message: string, options: DataplaneErrorOptions) {
    super(code, message, { cause: options.cause });
    this.isRetriable = options.isRetriable;
    this.objects = options.objects ?? [];
    if (options.option !== undefined) this.option = options.option;
  }
}

shareBetweenCopies(DataplaneError, 'DataplaneError');
