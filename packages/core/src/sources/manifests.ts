/** A source that reads manifest files and, if wanted, goes on watching them. */
import { resolve } from 'node:path';
import { Observable } from 'rxjs';
import type { SourceLocation } from '../resources/resource-problem';
import type { ObjectRef } from '../state';
import { ManifestSet } from './manifest-set';
import { type ManifestSourceOptions, ManifestWatch } from './manifest-watch';
import type { Source, SourceBatch } from './source';

export type { ManifestSourceOptions } from './manifest-watch';

/**
 * Resources from manifest files. A half-written, broken or for a moment absent file empties nothing: its last good content
 * stays in force and a problem tells of it. A file deleted for good takes its objects with it. Each subscription reads anew;
 * `locate` knows what the latest one read.
 *
 * With a {@link ManifestSourceOptions.record} that holds for a new start as well: a file that cannot be read then, and an object
 * that is faulty then, count as they last stood in an earlier run.
 *
 * It is in sync once all that it was given has been read: every path is there, every folder could be listed, every file was once
 * read whole, and each path held an object (unless {@link ManifestSourceOptions.allowEmpty}). What is missing from that is told in
 * `problems`. A source that does not watch completes all the same: it will not read again.
 */
export class ManifestSource implements Source {
  readonly batches$: Observable<SourceBatch>;
  readonly hasParsedResources = true;

  private latest: ManifestSet | undefined;

  constructor(options: ManifestSourceOptions) {
    this.batches$ = new Observable((subscriber) => {
      const roots = options.paths.map((path) => resolve(path));
      const set = new ManifestSet(roots, options.validate ?? 'strict');
      this.latest = set;
      const watching = new ManifestWatch(set, options, (batch) => subscriber.next(batch));
      watching.start();
      if (options.watch !== true) subscriber.complete();
      return () => watching.stop();
    });
  }

  locate(object: ObjectRef, field: string): SourceLocation | undefined {
    const loaded = this.latest?.find(object);
    return loaded === undefined ? undefined : { file: loaded.file, line: loaded.locate(field) };
  }
}
