/** Flows that the programs tell of, out of the ring buffer `pp_events`. */
import { type SchedulerLike, type Subscription, timer } from 'rxjs';
import type { BpfMap } from './map';
import { RingBuffer } from './ring-buffer';

/** How often it is looked for events: often enough that a buffer of a megabyte does not fill at 100,000 a second. */
const INTERVAL_MS = 50;
/** At the most in one turn, so that a flood of events does not keep this process from its work. */
const MOST_AT_ONCE = 4096;

/** Looks for events until it is closed. Bytes that are handed out are valid during the call alone. */
export class FlowEvents {
  private readonly buffer: RingBuffer;
  private readonly looking: Subscription;

  /** @throws EbpfError PP_EBPF_MAP_FAILED when the buffer cannot be mapped */
  constructor(map: BpfMap, scheduler: SchedulerLike, onEvent: (record: Buffer) => void) {
    this.buffer = RingBuffer.open(map);
    this.looking = timer(INTERVAL_MS, INTERVAL_MS, scheduler).subscribe(() => this.buffer.drain(onEvent, MOST_AT_ONCE));
  }

  close(): void {
    this.looking.unsubscribe();
    this.buffer.close();
  }
}
