/** The node agent: a cluster's objects in, one node's dataplane out, everything on the way as streams. */
import {
  BehaviorSubject,
  concat,
  defer,
  filter,
  firstValueFrom,
  type Observable,
  of,
  Subject,
  type Subscription,
} from 'rxjs';
import type { DataplaneBackend } from '../backend/backend';
import { describeError } from '../backend/hand-over';
import type { Logger } from '../backend/logger';
import { Reconciler } from '../backend/reconciler';
import type { BackendRegistry } from '../backend/registry';
import { ComputeGraph } from '../compute';
import { CoreError } from '../core-error';
import type { CodedError } from '../errors';
import { DeclaredFeatures } from '../limits/declared-features';
import type { DiagnosticChanges } from '../limits/diagnostic-set';
import { type FeatureGates, isGateOn } from '../limits/feature-gate';
import { Gate, type GateOptions } from '../limits/gate';
import type { Diagnostic, LimitTable } from '../limits/limit';
import { gatesOf, limitsOnHost } from '../limits/limits-in-force';
import { DEFAULT_PROFILE } from '../limits/profile';
import type { ResourceProblem } from '../resources/resource-problem';
import type { Source, SourceBatch } from '../sources/source';
import { type Change, DesiredStateStore, formatObjectRef, type Transition } from '../state';
import type { AgentLock, HeldLock } from './agent-lock';
import { KnownNodes } from './known-nodes';
import type { NodeAgentOptions, RandomNumbers, Scheduler } from './node-agent-options';
import type { NodeAgentPhase, NodeAgentStatus } from './node-agent-status';
import { ObjectCollection } from './object-collection';
import { type OpenDataplane, openDataplane } from './open-dataplane';

/** Limits met: all that hold, and what this step changed. */
export interface DiagnosticsChange extends DiagnosticChanges {
  readonly current: readonly Diagnostic[];
}

/** What a node agent is built from; inversify's `coreModule` provides it. */
export interface NodeAgentParts {
  readonly options: NodeAgentOptions;
  readonly source: Source;
  readonly registry: BackendRegistry;
  readonly lock: AgentLock;
  readonly logger: Logger;
  readonly scheduler: Scheduler;
  readonly random: RandomNumbers;
}

const DEFAULT_BACKOFF = { initialDelayMs: 100, maxDelayMs: 30_000 };

/**
 * Source -> compute -> desired state -> gate -> reconciler -> session. Every stream can be subscribed to at any time, also
 * before `start`: it begins with what holds now. Streams complete when the agent stops, and never error.
 */
export class NodeAgent {
  readonly #services = new ObjectCollection('service');
  readonly #endpoints = new ObjectCollection('workload', 'hostEndpoint');
  readonly #policies = new ObjectCollection('policy');
  /** Service ports with their endpoints. */
  readonly services$ = this.#services.changes$;
  /** Local workloads and host endpoints. */
  readonly endpoints$ = this.#endpoints.changes$;
  /** Policies of all stages. */
  readonly policies$ = this.#policies.changes$;
  /** The desired state before the gate: first the whole of it as one `full` transition, then deltas. */
  readonly desired$: Observable<Transition>;
  /** Limits of the backend that objects meet. */
  readonly diagnostics$: Observable<DiagnosticsChange>;
  readonly status$: Observable<NodeAgentStatus>;
  /** What the source was given and cannot be used or takes no effect; always all that is current. */
  readonly problems$: Observable<readonly ResourceProblem[]>;

  readonly #parts: NodeAgentParts;
  readonly #compute: ComputeGraph;
  readonly #declared: DeclaredFeatures;
  readonly #nodes = new KnownNodes();
  readonly #desired = new DesiredStateStore();
  readonly #transitions = new Subject<Transition>();
  readonly #diagnosticSteps = new Subject<DiagnosticsChange>();
  readonly #problems = new BehaviorSubject<readonly ResourceProblem[]>([]);
  readonly #status: BehaviorSubject<NodeAgentStatus>;
  readonly #aborted = new AbortController();

  #phase: NodeAgentPhase = 'created';
  #failure: CodedError | undefined;
  #lock: HeldLock | undefined;
  #dataplane: OpenDataplane | undefined;
  #backend: DataplaneBackend | undefined;
  #gate: Gate | undefined;
  #reconciler: Reconciler | undefined;
  #subscription: Subscription | undefined;
  #diagnostics: readonly Diagnostic[] = [];
  #revision = 0;
  #isInSync = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: NodeAgentParts) {
    this.#parts = parts;
    this.#compute = new ComputeGraph(parts.options);
    this.#declared = new DeclaredFeatures(parts.options.nodeName);
    this.#status = new BehaviorSubject(this.#currentStatus());
    this.status$ = this.#status.asObservable();
    this.problems$ = this.#problems.asObservable();
    this.desired$ = defer(() =>
      concat(of(this.#desired.toTransition(this.#revision, this.#isInSync)), this.#transitions),
    );
    this.diagnostics$ = defer(() => {
      const current = this.#diagnostics;
      return concat(of({ current, met: current, changed: [], cleared: [] }), this.#diagnosticSteps);
    });
  }

  get status(): NodeAgentStatus {
    return this.#status.value;
  }

  /**
   * Opens the dataplane and begins to follow the source. Resolves when both is done; use {@link applied} to wait until the
   * dataplane is as wanted. Waits while the dataplane does not answer yet (see `status$`).
   * @throws CoreError PP_BACKEND_UNUSABLE, naming what this host lacks: there is no fall-back to another backend;
   *   PP_AGENT_ALREADY_RUNNING, naming who works on what the backend would; PP_BACKEND_UNKNOWN; PP_LIMIT_REFUSED when the source is complete already and holds what must be refused;
   *   PP_SOURCE_ENDED when the source ends at once without being complete;
   *   PP_AGENT_STOPPED; PP_AGENT_MISUSED when it was started before
   */
  start(): Promise<void> {
    if (this.#started !== undefined || this.#stopped !== undefined) {
      return Promise.reject(new CoreError('PP_AGENT_MISUSED', 'a node agent can be started once only'));
    }
    this.#started = this.#start();
    return this.#started;
  }

  /**
   * Resolves once the desired state of this revision, or without one the newest desired state of a complete source, is
   * in force (but for objects that the dataplane refuses: see `status$`).
   * @throws CoreError as {@link start} does, or PP_AGENT_STOPPED
   */
  async applied(revision?: number): Promise<void> {
    if (this.#started === undefined) throw new CoreError('PP_AGENT_MISUSED', 'the node agent was not started');
    await this.#started;
    if (revision === undefined) await this.#waitForSync();
    if (this.#failure !== undefined) throw this.#failure;
    await this.#reconciler?.applied(revision ?? this.#revision);
  }

  /**
   * Stops following the source and ends the session: `leave` leaves everything in force, `remove` removes every trace.
   * @throws the session's error when it cannot be released
   */
  stop(how: 'leave' | 'remove'): Promise<void> {
    this.#stopped ??= this.#stop(how);
    return this.#stopped;
  }

  async #start(): Promise<void> {
    const { options, registry, logger, scheduler, random } = this.#parts;
    this.#enter('opening');
    try {
      const backend = registry.choose(options.backend);
      this.#backend = backend;
      registry.requireFeatureGates(options.featureGates ?? {});
      const node = {
        nodeName: options.nodeName,
        logger,
        ...(options.networkNamespace === undefined ? {} : { networkNamespace: options.networkNamespace }),
      };
      this.#dataplane = await openDataplane(backend, node, {
        scheduler,
        random,
        backoff: options.backoff ?? DEFAULT_BACKOFF,
        signal: this.#aborted.signal,
        claim: () => this.#claim(backend),
        onFailure: (error) => this.#enter('opening', error),
      });
      this.#run(backend, this.#dataplane);
    } catch (error) {
      if (error instanceof CoreError) this.#enter('failed', error.code === 'PP_AGENT_STOPPED' ? undefined : error);
      await this.#unclaim();
      throw error;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #claim({ name, claim }: DataplaneBackend): Promise<void> {
    const { lock, options } = this.#parts;
    if (claim === undefined || this.#lock !== undefined) return;
    const { nodeName, networkNamespace } = options;
    const where = networkNamespace === undefined ? {} : { networkNamespace };
    this.#lock = await lock.take({ nodeName, backend: name, ...where });
  }

  async #unclaim(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  #run(backend: DataplaneBackend, dataplane: OpenDataplane): void {
    const { options, source, logger, scheduler, random } = this.#parts;
    const limits = limitsOnHost(backend.limits, dataplane.facts.limits ?? [], options);
    this.#gate = new Gate(limits, gateOptions(backend.name, options, source));
    this.#reconciler = new Reconciler(dataplane.session, {
      scheduler,
      random,
      logger,
      backoff: options.backoff ?? DEFAULT_BACKOFF,
      ...(options.auditIntervalSeconds === undefined ? {} : { auditIntervalSeconds: options.auditIntervalSeconds }),
    });
    this.#enter('running');
    this.#reconciler.status$.subscribe(() => this.#publish());
    const subscription = source.batches$.subscribe({
      next: (batch) => this.#take(batch),
      error: (error: unknown) => this.#fail(brokenSource(error)),
      complete: () => {
        if (!this.#isInSync) this.#fail(incompleteSource(this.#problems.value));
      },
    });
    // A failure during the first batch has ended the agent before there was a subscription to end.
    if (this.#failure === undefined) this.#subscription = subscription;
    else subscription.unsubscribe();
  }

  #take(batch: SourceBatch): void {
    const gate = this.#gate;
    if (gate === undefined || this.#failure !== undefined) return;
    for (const change of batch.changes) gate.readResource(change);
    for (const [key, uses] of this.#declared.apply(batch.changes)) gate.declare(key, uses);
    const changes = this.#compute.apply(batch.changes);
    this.#nodes.follow(batch.changes);
    const missing = batch.isInSync ? this.#missingNode() : [];
    this.#problems.next([...batch.problems, ...missing, ...(batch.isInSync ? this.#ineffectiveObjects() : [])]);
    const isNewlyInSync = batch.isInSync && missing.length === 0 && !this.#isInSync;
    this.#isInSync ||= isNewlyInSync;
    if (changes.length > 0 || isNewlyInSync) this.#revision += 1;
    const gated = gate.apply(changes);
    this.#follow(changes, isNewlyInSync);
    this.#report(gated.diagnostics, gate);
    if (isNewlyInSync && this.#refuse(gate)) return;
    if (changes.length > 0 || isNewlyInSync) this.#reconciler?.submit(this.#transition(gated.changes));
    this.#publish();
  }

  /** Whole objects that take no effect; before the source is complete, what they lack may be still to come. */
  #ineffectiveObjects(): readonly ResourceProblem[] {
    const { source } = this.#parts;
    return this.#compute.problems.map((problem) => ({
      ...problem,
      ...(problem.object !== undefined && source.locate?.(problem.object, problem.field ?? '')),
    }));
  }

  /** A cluster without this node may be another one, or not be read at all. */
  #missingNode(): readonly ResourceProblem[] {
    const { nodeName, allowMissingNode = false } = this.#parts.options;
    return allowMissingNode ? [] : this.#nodes.missing(nodeName);
  }

  #follow(changes: readonly Change[], isNewlyInSync: boolean): void {
    const transition = this.#transition(changes);
    this.#desired.apply(transition);
    if (changes.length > 0 || isNewlyInSync) this.#transitions.next(transition);
    for (const collection of [this.#services, this.#endpoints, this.#policies]) {
      collection.follow(this.#revision, changes);
    }
  }

  #report(changes: DiagnosticChanges, gate: Gate): void {
    const { met, changed, cleared } = changes;
    if (met.length + changed.length + cleared.length === 0) return;
    logMet(met, this.#parts.logger);
    this.#diagnostics = gate.diagnostics;
    this.#diagnosticSteps.next({ current: this.#diagnostics, met, changed, cleared });
  }

  /** Ends the agent before its first write when what the cluster holds must be refused. */
  #refuse(gate: Gate): boolean {
    const refused = gate.diagnostics.filter(
      ({ severity, effect, feature }) =>
        effect === 'refuseToStart' || (severity === 'error' && gate.onUnsupported(feature) === 'refuse'),
    );
    if (refused.length === 0) return false;
    const list = refused.map((diagnostic) => `${diagnostic.code}: ${formatPlace(diagnostic)}`);
    const failure = new CoreError('PP_LIMIT_REFUSED', `backend ${this.#backend?.name} refuses: ${list.join('; ')}`);
    this.#fail(failure);
    return true;
  }

  /** Ends the agent; what is in force stays in force. */
  #fail(failure: CoreError): void {
    this.#enter('failed', failure);
    this.#subscription?.unsubscribe();
    this.#reconciler
      ?.stop('leave')
      .catch((error: unknown) => this.#parts.logger.error({ error }, 'the session could not be released'))
      .finally(() => this.#unclaim());
  }

  #transition(changes: readonly Change[]): Transition {
    return { revision: this.#revision, scope: 'delta', isInSync: this.#isInSync, changes };
  }

  async #waitForSync(): Promise<void> {
    const stopped: NodeAgentStatus = { ...this.status, phase: 'stopped' };
    const isSettled = ({ isInSync, phase }: NodeAgentStatus): boolean =>
      isInSync || phase === 'failed' || phase === 'stopped';
    const status = await firstValueFrom(this.status$.pipe(filter(isSettled)), { defaultValue: stopped });
    if (status.phase === 'stopped') throw new CoreError('PP_AGENT_STOPPED', 'stopped before the source was complete');
  }

  async #stop(how: 'leave' | 'remove'): Promise<void> {
    this.#aborted.abort();
    this.#subscription?.unsubscribe();
    // Whoever started the agent hears of this failure.
    await this.#started?.catch(() => undefined);
    try {
      await this.#reconciler?.stop(how);
    } finally {
      await this.#unclaim();
      this.#enter(this.#failure === undefined ? 'stopped' : 'failed', this.#failure);
      for (const subject of [this.#transitions, this.#diagnosticSteps, this.#problems, this.#status]) {
        subject.complete();
      }
      for (const collection of [this.#services, this.#endpoints, this.#policies]) collection.complete();
    }
  }

  #enter(phase: NodeAgentPhase, failure?: CodedError): void {
    this.#phase = phase;
    this.#failure = failure;
    this.#publish();
  }

  #publish(): void {
    this.#status.next(this.#currentStatus());
  }

  #currentStatus(): NodeAgentStatus {
    const { nodeName, profile = DEFAULT_PROFILE, featureGates = {} } = this.#parts.options;
    return {
      phase: this.#phase,
      nodeName,
      profile,
      featureGates: gateStates(this.#backend?.limits ?? [], featureGates),
      isInSync: this.#isInSync,
      revision: this.#revision,
      problems: this.#problems.value.length,
      diagnostics: this.#diagnostics.length,
      ...(this.#backend === undefined ? {} : { backend: this.#backend.name }),
      ...(this.#dataplane === undefined ? {} : { facts: this.#dataplane.facts }),
      ...(this.#reconciler === undefined ? {} : { reconciler: this.#reconciler.status }),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }
}

function incompleteSource([first]: readonly ResourceProblem[]): CoreError {
  const reason = first === undefined ? '' : `: ${first.error.message}`;
  return new CoreError('PP_SOURCE_ENDED', `the source ended before it was complete${reason}`, {
    cause: first?.error,
  });
}

function brokenSource(error: unknown): CoreError {
  const { message } = describeError(error);
  return new CoreError('PP_SOURCE_ENDED', `the source broke off: ${message}`, { cause: error });
}

function gateStates(table: LimitTable, switched: FeatureGates): FeatureGates {
  return Object.fromEntries(gatesOf(table).map((gate) => [gate.name, isGateOn(gate, switched)]));
}

function gateOptions(backend: string, options: NodeAgentOptions, source: Source): GateOptions {
  const { onUnsupported, onUnsupportedOfBackend = {} } = options;
  const here = Object.hasOwn(onUnsupportedOfBackend, backend) ? onUnsupportedOfBackend[backend] : undefined;
  return {
    ...(onUnsupported !== undefined && { onUnsupported }),
    ...(here !== undefined && { onUnsupportedHere: here }),
    locate: (object, field) => source.locate?.(object, field),
  };
}

/** Objects that meet one limit at once and are logged one by one; of more, the first few and their number. */
const MOST_LOGGED = 10;

function logMet(met: readonly Diagnostic[], logger: Logger): void {
  const byCode = new Map<string, Diagnostic[]>();
  for (const diagnostic of met) {
    const ofCode = byCode.get(diagnostic.code) ?? [];
    byCode.set(diagnostic.code, ofCode);
    ofCode.push(diagnostic);
  }
  for (const [code, ofCode] of byCode) {
    for (const diagnostic of ofCode.slice(0, MOST_LOGGED)) {
      const { object, field, file, line, message } = diagnostic;
      const place = file === undefined ? {} : { file, line };
      logger.warn({ code, object, field, ...place }, `${formatPlace(diagnostic)}: ${message}`);
    }
    const more = ofCode.length - MOST_LOGGED;
    if (more > 0) logger.warn({ code, more }, `${more} more objects meet ${code}`);
  }
}

/** `FILE:LINE: Kind namespace/name field`. */
function formatPlace({ object, field, file, line }: Diagnostic): string {
  const place = file === undefined ? '' : `${file}:${line ?? 1}: `;
  return `${place}${formatObjectRef(object)} ${field}`.trimEnd();
}
