/** A record for tests: it outlives the sources that use it, not the process. */
import { BehaviorSubject } from 'rxjs';
import type { CoreError } from '../core-error';
import type { LastGoodRecord, RecordEntries } from '../sources/last-good-record';

export class MemoryRecord implements LastGoodRecord {
  readonly problem$ = new BehaviorSubject<CoreError | undefined>(undefined);
  entries: RecordEntries = new Map();
  /** How often it was saved. */
  saves = 0;

  load(): RecordEntries {
    return this.entries;
  }

  save(entries: RecordEntries): void {
    this.entries = entries;
    this.saves += 1;
  }
}
