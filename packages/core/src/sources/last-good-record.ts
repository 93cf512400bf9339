/** What a source last read whole, kept beyond the process: so that what cannot be read at the next start keeps its last good version. */
import type { Observable } from 'rxjs';
import type { CoreError } from '../core-error';

/** What is kept of each thing that a source reads (a file, an object), by the source's own name for it; both are the source's texts. */
export type RecordEntries = ReadonlyMap<string, string>;

/** Where a source keeps it. One source, one record. */
export interface LastGoodRecord {
  /** What an earlier run kept; nothing where there is none, or none that may be trusted, which {@link problem$} tells. */
  load(): RecordEntries;

  /** Keeps exactly these from now on. Returns at once; the newest is written when the one before has been. */
  save(entries: RecordEntries): void;

  /** Why the record could not be read or written; undefined when all is well. Begins with what holds now. */
  readonly problem$: Observable<CoreError | undefined>;
}
