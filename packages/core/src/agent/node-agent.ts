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
import type { FlowRecord } from '../backend/flow-record';
import type { Logger } from '../backend/logger';
import { Reconciler } from '../backend/reconciler';
import type { BackendRegistry } from '../backend/registry';
import { ComputeGraph } from '../compute';
import { CoreError } from '../core-error';
import type { CodedError } from '../errors';
import { DeclaredFeatures } from '../limits/declared-features';
import type { DiagnosticChanges } from '../limits/diagnostic-set';
import { Gate } from '../limits/gate';
import type { Diagnostic } from '../limits/limit';
import { limitsOnHost } from '../limits/limits-in-force';
import { DEFAULT_PROFILE } from '../limits/profile';
import type { ResourceProblem } from '../resources/resource-problem';
import type { Source, SourceBatch } from '../sources/source';
import { type Change, countObjects, DesiredStateStore, type Transition } from '../state';
import type { AgentLock, HeldLock } from './agent-lock';
import { Calculation, type CalculationParts } from './calculation';
import { ClosingObjects } from './closing-objects';
import { deepFreeze } from './freeze';
import { gateOptions, gateStates } from './gate-choices';
import { formatDiagnosticPlace, logMet } from './log-diagnostics';
import { missingNode } from './missing-node';
import type { NodeAgentOptions, RandomNumbers, Scheduler } from './node-agent-options';
import type { NodeAgentPhase, NodeAgentStatus } from './node-agent-status';
import { ObjectCollection } from './object-collection';
import { type OpenDataplane, openDataplane } from './open-dataplane';
import { ProblemSet, type ProblemsChange } from './problem-set';
import { brokenSource, incompleteSource, isBatch } from './source-failure';

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

const NOTHING_DESIRED = new DesiredStateStore();
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
  /** What the source was given and cannot be used or takes no effect. */
  readonly problems$: Observable<ProblemsChange>;

  /** Flows that the dataplane tells of, as they are judged; silent where it tells none. */
  readonly flows$: Observable<FlowRecord>;

  readonly #parts: NodeAgentParts;
  readonly #closing = new ClosingObjects();
  readonly #transitions = new Subject<Transition>();
  readonly #flows = new Subject<FlowRecord>();
  readonly #diagnosticSteps = new Subject<DiagnosticsChange>();
  readonly #problems = new ProblemSet();
  readonly #problemSteps = new Subject<ProblemsChange>();
  readonly #status: BehaviorSubject<NodeAgentStatus>;
  readonly #aborted = new AbortController();

  #phase: NodeAgentPhase = 'created';
  #failure: CodedError | undefined;
  #lock: HeldLock | undefined;
  #dataplane: OpenDataplane | undefined;
  #backend: DataplaneBackend | undefined;
  #calculation: Calculation | undefined;
  #reconciler: Reconciler | undefined;
  #subscription: Subscription | undefined;
  #diagnostics: readonly Diagnostic[] = [];
  #notInForce = 0;
  #revision = 0;
  #isInSync = false;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: NodeAgentParts) {
    this.#parts = parts;
    this.#status = new BehaviorSubject(this.#currentStatus());
    this.status$ = this.#status.asObservable();
    this.flows$ = this.#flows.asObservable();
    this.problems$ = defer(() => {
      const { current } = this.#problems;
      return concat(of(deepFreeze({ current, met: current, cleared: [] })), this.#problemSteps);
    });
    this.desired$ = defer(() => concat(of(this.#whole()), this.#transitions));
    this.diagnostics$ = defer(() => {
      const current = this.#diagnostics;
      return concat(of(deepFreeze({ current, met: current, changed: [], cleared: [] })), this.#diagnosticSteps);
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
    const makeParts = (): CalculationParts => ({
      compute: new ComputeGraph(options),
      declared: new DeclaredFeatures(options.nodeName),
      gate: new Gate(limits, gateOptions(backend.name, options, source)),
    });
    this.#calculation = new Calculation(makeParts, options.nodeName, source.hasParsedResources === true);
    this.#reconciler = new Reconciler(dataplane.session, {
      scheduler,
      random,
      logger,
      backoff: options.backoff ?? DEFAULT_BACKOFF,
      ...(options.auditIntervalSeconds === undefined ? {} : { auditIntervalSeconds: options.auditIntervalSeconds }),
    });
    this.#enter('running');
    this.#reconciler.status$.subscribe(() => this.#publish());
    this.#reconciler.flows$.subscribe((flow) => this.#flows.next(flow));
    const subscription = source.batches$.subscribe({
      next: (batch) => this.#take(batch),
      error: (error: unknown) => this.#fail(brokenSource(error)),
      complete: () => {
        if (!this.#isInSync) this.#fail(incompleteSource(this.#problems.current));
      },
    });
    // A failure during the first batch has ended the agent before there was a subscription to end.
    if (this.#failure === undefined) this.#subscription = subscription;
    else subscription.unsubscribe();
  }

  #take(batch: SourceBatch): void {
    const calculation = this.#calculation;
    if (calculation === undefined || this.#failure !== undefined) return;
    if (!isBatch(batch)) {
      this.#fail(brokenSource(new Error('what it hands out is no batch')));
      return;
    }
    const { changes, accepted, diagnostics } = calculation.apply(batch.changes);
    // Whoever subscribes to a stream is handed the very objects that the dataplane is.
    deepFreeze(changes);
    const missing = batch.isInSync ? this.#missingNode(calculation) : [];
    this.#closing.follow(batch.changes);
    const open = this.#closing.missing(batch.problems);
    this.#notInForce = open.length;
    this.#tellProblems(
      [...open, ...batch.problems, ...calculation.faults, ...missing],
      batch.isInSync ? calculation : undefined,
    );
    const isNewlyInSync = batch.isInSync && missing.length === 0 && !this.#isInSync;
    this.#isInSync ||= isNewlyInSync;
    const isNews = changes.length > 0 || isNewlyInSync;
    if (isNews) this.#revision += 1;
    this.#follow(changes, isNews);
    this.#report(diagnostics, calculation.gate);
    if (isNewlyInSync && this.#refuse(calculation.gate)) return;
    if (isNews) this.#reconciler?.submit(this.#transition(accepted));
    this.#publish();
  }

  /** @param complete what of the source's objects takes no effect; before it is complete, what they lack may be still to come */
  #tellProblems(problems: readonly ResourceProblem[], complete: Calculation | undefined): void {
    const step = this.#problems.replace([...problems, ...(complete === undefined ? [] : this.#ineffective(complete))]);
    if (step !== undefined) this.#problemSteps.next(step);
  }

  #ineffective({ ineffective }: Calculation): readonly ResourceProblem[] {
    const { source } = this.#parts;
    return ineffective.map((problem) => ({
      ...problem,
      ...(problem.object !== undefined && source.locate?.(problem.object, problem.field ?? '')),
    }));
  }

  #missingNode({ desired }: Calculation): readonly ResourceProblem[] {
    const { nodeName, allowMissingNode = false } = this.#parts.options;
    return allowMissingNode ? [] : missingNode(nodeName, desired);
  }

  #follow(changes: readonly Change[], isNews: boolean): void {
    if (isNews) this.#transitions.next(Object.freeze(this.#transition({ scope: 'delta', changes })));
    for (const collection of [this.#services, this.#endpoints, this.#policies]) {
      collection.follow(this.#revision, changes);
    }
  }

  #report(changes: DiagnosticChanges, gate: Gate): void {
    const { met, changed, cleared } = changes;
    if (met.length + changed.length + cleared.length === 0) return;
    logMet(met, this.#parts.logger);
    this.#diagnostics = deepFreeze(gate.diagnostics);
    this.#diagnosticSteps.next(deepFreeze({ current: this.#diagnostics, met, changed, cleared }));
  }

  /** Ends the agent before its first write when what the cluster holds must be refused. */
  #refuse(gate: Gate): boolean {
    const refused = gate.diagnostics.filter(
      ({ severity, effect, feature }) =>
        effect === 'refuseToStart' || (severity === 'error' && gate.onUnsupported(feature) === 'refuse'),
    );
    if (refused.length === 0) return false;
    const list = refused.map((diagnostic) => `${diagnostic.code}: ${formatDiagnosticPlace(diagnostic)}`);
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

  #whole(): Transition {
    return deepFreeze(this.#desired.toTransition(this.#revision, this.#isInSync));
  }

  get #desired(): DesiredStateStore {
    return this.#calculation?.desired ?? NOTHING_DESIRED;
  }

  #transition(step: Pick<Transition, 'scope' | 'changes'>): Transition {
    return { ...step, revision: this.#revision, isInSync: this.#isInSync };
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
      for (const subject of [this.#transitions, this.#flows, this.#diagnosticSteps, this.#problemSteps, this.#status]) {
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
    this.#status.next(deepFreeze(this.#currentStatus()));
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
      objects: countObjects(this.#desired),
      problems: this.#problems.current.length,
      diagnostics: this.#diagnostics.length,
      notInForce: this.#notInForce,
      ...(this.#backend === undefined ? {} : { backend: this.#backend.name }),
      ...(this.#dataplane === undefined ? {} : { facts: this.#dataplane.facts }),
      ...(this.#reconciler === undefined ? {} : { reconciler: this.#reconciler.status }),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }
}
