/** When the endpoints of services changed, as their controller says, so that it can be measured how long that took to be in force. */
import { Observable } from 'rxjs';
import type { ResourceKey, Source, SourceBatch } from '@polyplane/core';
import { keyOfResource } from '@polyplane/core';

/** Set by Kubernetes' endpoints controllers: when the Pod or Service changed that changed these endpoints (RFC 3339). */
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/**
 * The same source; after each batch that somebody has taken, `tell` is given the times (milliseconds since 1970) of its changes of endpoints.
 * Changes from before `since` are passed over, as kube-proxy does: nobody was there to put them in force.
 */
export function withTriggerTimes(source: Source, since: number, tell: (times: readonly number[]) => void): Source {
  const known = new Map<ResourceKey, number>();
  const batches$ = new Observable<SourceBatch>((subscriber) =>
    source.batches$.subscribe({
      next: (batch) => {
        const times = takeTriggerTimes(batch, known).filter((time) => time >= since);
        subscriber.next(batch);
        if (times.length > 0) tell(times);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
  return {
    batches$,
    ...(source.hasParsedResources !== undefined && { hasParsedResources: source.hasParsedResources }),
    ...(source.locate !== undefined && { locate: source.locate.bind(source) }),
  };
}

/** Those that are new; a change of anything else leaves the time as it was. */
function takeTriggerTimes({ changes }: SourceBatch, known: Map<ResourceKey, number>): readonly number[] {
  const times: number[] = [];
  for (const change of changes) {
    if (change.op === 'remove') known.delete(change.key);
    else if (change.resource.kind === 'EndpointSlice' || change.resource.kind === 'Endpoints') {
      const time = Date.parse(change.resource.metadata.annotations[TRIGGER_TIME] ?? '');
      const key = keyOfResource(change.resource);
      if (Number.isNaN(time) || known.get(key) === time) continue;
      known.set(key, time);
      times.push(time);
    }
  }
  return times;
}
