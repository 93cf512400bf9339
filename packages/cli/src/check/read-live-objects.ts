/** Reads the objects that `check` judges from a cluster's API server, as they are at one moment. */
import {
  asyncScheduler,
  connect,
  distinctUntilChanged,
  lastValueFrom,
  map,
  merge,
  NEVER,
  type Observable,
  type SchedulerLike,
  scan,
  startWith,
  switchMap,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';
import {
  CoreError,
  type FieldValidation,
  KubernetesSource,
  keyOfResource,
  type Resource,
  type ResourceKey,
  type ResourceProblem,
  readKubeConfig,
  type Source,
} from '@polyplane/core';
import { printNote } from '../report-error';
import type { ReadObjects } from './read-objects';

/** How long a reader waits. All in seconds. */
export const PATIENCE = {
  /** For a server that refuses, or cannot be reached, to do better. */
  trouble: 3,
  /** For the first object. */
  first: 10,
  /** For the next kind, once there was one: a page of a large kind takes its time. */
  next: 60,
  /** Until the user is told what is waited for, and then each time. */
  telling: 2,
} as const;

export interface ReadOnceOptions {
  /** What is read, for messages. */
  readonly name: string;
  /** The clock of its patience. Default: the process's timers. */
  readonly scheduler?: SchedulerLike;
  /** Told now and then what is waited for. */
  readonly tell?: (text: string) => void;
}

/**
 * Reads the cluster that a kubeconfig names: `file`, or the one that kubectl would take, by `context` or its current one. Objects that break their API's rules
 * are among the problems.
 * @throws CoreError PP_KUBECONFIG_INVALID, PP_CLUSTER_UNREACHABLE, PP_CLUSTER_FORBIDDEN: an answer without some kind would be one
 *   about another cluster
 */
export function readLiveObjects(
  file: string | undefined,
  context: string | undefined,
  scheduler?: SchedulerLike,
  validate?: FieldValidation,
): Promise<ReadObjects> {
  const config = readKubeConfig(file, context);
  const name = nameOf(config.getCurrentCluster()?.server ?? 'the cluster');
  const clock = scheduler === undefined ? {} : { scheduler };
  const source = new KubernetesSource({ config, ...clock, ...(validate !== undefined && { validate }) });
  return readOnce(source, { name, tell: printNote, ...clock });
}

/** Without a user's name and password, which a kubeconfig may write into the server's address. */
function nameOf(server: string): string {
  if (!URL.canParse(server)) return server.replace(/^.*@/, '');
  const url = new URL(server);
  if (url.username === '' && url.password === '') return server;
  url.username = '';
  url.password = '';
  return url.href;
}

/**
 * What a source gives by the time it is in sync.
 * @throws CoreError PP_CLUSTER_UNREACHABLE, PP_CLUSTER_FORBIDDEN when it does not become so in bounded time
 */
export async function readOnce(source: Source, options: ReadOnceOptions): Promise<ReadObjects> {
  const { name, scheduler = asyncScheduler, tell = () => undefined } = options;
  const resources = new Map<ResourceKey, Resource>();
  const state$ = source.batches$.pipe(
    scan((_, { changes, problems, isInSync }): ReadState => {
      for (const change of changes) {
        if (change.op === 'put') resources.set(keyOfResource(change.resource), change.resource);
        else resources.delete(change.key);
      }
      return { problems, isInSync, objects: resources.size };
    }, NOTHING),
    connect((shared$) =>
      shared$.pipe(
        takeWhile(({ isInSync }) => !isInSync, true),
        takeUntil(outOfPatience(shared$, scheduler)),
      ),
    ),
  );
  const telling = timer(PATIENCE.telling * 1000, PATIENCE.telling * 1000, scheduler).subscribe(() =>
    tell(`waiting for ${name} to list all of its objects; ${resources.size} so far`),
  );
  try {
    const state = await lastValueFrom(state$.pipe(startWith(NOTHING)));
    if (!state.isInSync) throw incomplete(state, name);
    return {
      resources: [...resources.values()],
      problems: state.problems,
      standIns: { templates: [], targets: [] },
      texts: new Map(),
      find: () => undefined,
      locate: () => undefined,
    };
  } finally {
    telling.unsubscribe();
  }
}

interface ReadState {
  readonly problems: readonly ResourceProblem[];
  readonly isInSync: boolean;
  readonly objects: number;
}

const NOTHING: ReadState = { problems: [], isInSync: false, objects: 0 };

/** Emits when the server has been in trouble, or silent, for too long. */
function outOfPatience(state$: Observable<ReadState>, scheduler: SchedulerLike): Observable<unknown> {
  const troubled$ = state$.pipe(
    map(({ problems }) => problems.some(isTrouble)),
    distinctUntilChanged(),
    switchMap((isInTrouble) => (isInTrouble ? timer(PATIENCE.trouble * 1000, scheduler) : NEVER)),
  );
  const silent$ = state$.pipe(
    startWith(NOTHING),
    map(({ objects }) => objects),
    distinctUntilChanged(),
    switchMap((objects) => timer((objects === 0 ? PATIENCE.first : PATIENCE.next) * 1000, scheduler)),
  );
  return merge(troubled$, silent$);
}

/** The server's fault or a missing permission, not an object's. */
function isTrouble({ error }: ResourceProblem): boolean {
  return error.code === 'PP_CLUSTER_FORBIDDEN' || error.code === 'PP_CLUSTER_UNREACHABLE';
}

function incomplete({ problems }: ReadState, name: string): CoreError {
  const troubles = problems.filter(isTrouble).map(({ error }) => error);
  const [first] = troubles;
  if (first === undefined) {
    return new CoreError('PP_CLUSTER_UNREACHABLE', `${name} does not list all of its objects in time`);
  }
  const reasons = [...new Set(troubles.map(({ message }) => message))];
  return new CoreError(first.code, `${name}: ${reasons.join('\n  ')}`, { cause: first });
}
