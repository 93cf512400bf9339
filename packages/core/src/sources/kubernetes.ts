/** A source that reads a cluster through its Kubernetes API. */
import type { KubeConfig } from '@kubernetes/client-node';
import { asyncScheduler, Observable, type Observer, type SchedulerLike } from 'rxjs';
import { CoreError } from '../core-error';
import type { FieldValidation } from '../resources/field-validation';
import type { ResourceKind } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';
import { WATCHED_KINDS } from '../resources/schema/kinds';
import { KubernetesApi } from './kubernetes-api';
import { discoverKinds } from './kubernetes-discovery';
import { LastGoodObjects } from './last-good-objects';
import type { LastGoodRecord } from './last-good-record';
import { Reflector } from './reflector';
import { pause, type RetryClock, restAfter } from './retry';
import type { Source, SourceBatch } from './source';

/** Which API server is read, and how patiently. */
export interface KubernetesSourceOptions {
  /** Which API server, and as whom. */
  readonly config: KubeConfig;
  /** The kinds to read, as far as the API offers them; the reader must be allowed to list and watch them. Default all that mean something to a dataplane. */
  readonly kinds?: readonly ResourceKind[];
  /**
   * What becomes of fields that an object's kind does not have. Default `warn`: what the API server stores, its API has, and
   * may be newer than this reader.
   */
  readonly validate?: FieldValidation;
  /** How often the API is asked for kinds that it did not offer before. Default 60. */
  readonly discoverySeconds?: number;
  /** Keeps the policies last read, and what they rest on, for those that are faulty at the next start. Default: none. */
  readonly record?: LastGoodRecord;
  /** The clock of retries. Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** 0 to 1, for the jitter of retries. Default `Math.random`. */
  readonly random?: () => number;
}

/**
 * Resources of a cluster, listed and then watched. It is in sync when every kind that the API offers was listed once: a kind that
 * may not be read keeps it from that, as the policies in it would be missed. Nothing read is given up because the API server is away.
 */
export class KubernetesSource implements Source {
  readonly batches$: Observable<SourceBatch>;
  readonly hasParsedResources = true;

  constructor(options: KubernetesSourceOptions) {
    this.batches$ = new Observable((subscriber) => {
      const stop = new AbortController();
      new ClusterReading(options, stop.signal, subscriber).start();
      return () => stop.abort();
    });
  }
}

/** One subscription: discovers kinds, and runs a reflector for each. */
class ClusterReading {
  private readonly api: KubernetesApi;
  private readonly clock: RetryClock;
  private readonly reflectors = new Map<ResourceKind, Reflector>();
  private readonly lastGood: LastGoodObjects;
  private recordProblem: ResourceProblem | undefined;
  private discoveryProblem: ResourceProblem | undefined;
  private hasDiscovered = false;
  private isInSync = false;

  constructor(
    private readonly options: KubernetesSourceOptions,
    private readonly signal: AbortSignal,
    private readonly observer: Observer<SourceBatch>,
  ) {
    this.api = new KubernetesApi(options.config);
    this.lastGood = new LastGoodObjects(options.record, options.validate ?? 'warn');
    this.clock = { scheduler: options.scheduler ?? asyncScheduler, random: options.random ?? Math.random };
  }

  start(): void {
    this.openRecord();
    this.watchOver(this.run());
  }

  private openRecord(): void {
    this.lastGood.load();
    const problems = this.options.record?.problem$.subscribe((error) => {
      this.recordProblem = error === undefined ? undefined : { error };
      if (this.reflectors.size > 0) this.tell([]);
    });
    this.signal.addEventListener('abort', () => problems?.unsubscribe(), { once: true });
  }

  /** Discovers kinds, now and then again, until the signal aborts. */
  private async run(): Promise<void> {
    const discoveryMilliseconds = (this.options.discoverySeconds ?? 60) * 1000;
    this.tell([]);
    for (let failures = 0; !this.signal.aborted; ) {
      try {
        await this.discover();
        failures = 0;
      } catch (error) {
        if (!(error instanceof CoreError)) throw error;
        failures++;
        this.setDiscoveryProblem({ error });
      }
      await (failures > 0
        ? restAfter(failures, this.clock, this.signal)
        : pause(discoveryMilliseconds, this.clock.scheduler, this.signal));
    }
  }

  /** Starts a reflector for every kind that is offered and has none yet. */
  private async discover(): Promise<void> {
    const kinds = this.options.kinds ?? WATCHED_KINDS;
    for (const target of await discoverKinds(this.api, kinds, this.signal)) {
      if (this.reflectors.has(target.kind)) continue;
      const reflector = new Reflector(this.api, target, {
        clock: this.clock,
        lastGood: this.lastGood,
        validation: this.options.validate ?? 'warn',
        tell: (changes) => this.tell(changes),
      });
      this.reflectors.set(target.kind, reflector);
      this.watchOver(reflector.run(this.signal));
    }
    this.hasDiscovered = true;
    this.setDiscoveryProblem(undefined);
    if (this.isInSync && this.recordProblem !== undefined) this.lastGood.saveAgain();
  }

  /** What goes wrong with the cluster is a problem; anything else is a defect, and nobody's to swallow. */
  private watchOver(work: Promise<void>): void {
    work.catch((error: unknown) => this.observer.error(error));
  }

  private setDiscoveryProblem(problem: ResourceProblem | undefined): void {
    if (problem?.error.message === this.discoveryProblem?.error.message && this.isInSync) return;
    this.discoveryProblem = problem;
    this.tell([]);
  }

  private tell(changes: readonly ResourceChange[]): void {
    if (this.signal.aborted) return;
    const reflectors = [...this.reflectors.values()];
    this.isInSync ||= this.hasDiscovered && reflectors.every(({ hasListed }) => hasListed);
    const problems = reflectors.flatMap((reflector) => reflector.problems());
    if (this.discoveryProblem !== undefined) problems.unshift(this.discoveryProblem);
    if (this.recordProblem !== undefined) problems.push(this.recordProblem);
    if (this.isInSync) this.lastGood.save();
    this.observer.next({ changes, problems, isInSync: this.isInSync });
  }
}
