/** Reads the objects that `check` judges from a cluster's API server, as they are at one moment. */
import { lastValueFrom, type Observable, scan, takeUntil, takeWhile, timer } from 'rxjs';
import {
  KubernetesSource,
  keyOfResource,
  type Resource,
  type ResourceKey,
  type ResourceProblem,
  readKubeConfig,
  type Source,
} from '@polyplane/core';
import { CliError } from '../cli-error';
import type { ReadObjects } from './read-objects';

/** So long a cluster is given to list everything. */
const PATIENCE_SECONDS = 30;

/**
 * Reads the cluster that a kubeconfig names: `file`, or the one that kubectl would take. Kinds that may not be read, and an API
 * server that does not answer, are among the problems.
 * @throws CoreError PP_KUBECONFIG_INVALID
 */
export function readLiveObjects(file: string | undefined): Promise<ReadObjects> {
  return readOnce(new KubernetesSource({ config: readKubeConfig(file) }), timer(PATIENCE_SECONDS * 1000));
}

/**
 * What a source gives by the time it is in sync, or `tooLate` says so.
 * @throws CliError PP_CLI_INPUT_INVALID when it is too late and no problem tells why
 */
export async function readOnce(source: Source, tooLate: Observable<unknown>): Promise<ReadObjects> {
  const resources = new Map<ResourceKey, Resource>();
  const state$ = source.batches$.pipe(
    scan((_, { changes, problems, isInSync }): ReadState => {
      for (const change of changes) {
        if (change.op === 'put') resources.set(keyOfResource(change.resource), change.resource);
        else resources.delete(change.key);
      }
      return { problems, isInSync };
    }, NOTHING),
    takeWhile(({ isInSync }) => !isInSync, true),
    takeUntil(tooLate),
  );
  const { problems, isInSync } = await lastValueFrom(state$, { defaultValue: NOTHING });
  if (!isInSync && problems.length === 0) {
    throw new CliError('PP_CLI_INPUT_INVALID', `the cluster did not list all of its objects in ${PATIENCE_SECONDS} s`);
  }
  return {
    resources: [...resources.values()],
    problems,
    texts: new Map(),
    find: () => undefined,
    locate: () => undefined,
  };
}

interface ReadState {
  readonly problems: readonly ResourceProblem[];
  readonly isInSync: boolean;
}

const NOTHING: ReadState = { problems: [], isInSync: false };
