/** An event loop for raw descriptors beside Node's own: it turns while somebody waits for something. */
import { addToEpoll, changeInEpoll, closeFd, createEpoll, readReady } from '@polyplane/linux';

const TURN_MILLISECONDS = 1;
/** A turn that came late (the process or the machine was busy) costs those who wait no more than this. */
const LONGEST_TURN_MILLISECONDS = 10;
/** Listeners and senders answer each other within one turn, up to so many rounds. */
const ROUNDS_PER_TURN = 16;

/** Something that is waited for. */
export interface Waiting {
  /** Called with the time that the loop really had, in milliseconds; returns true when the wait is over. */
  elapse(milliseconds: number): boolean;
}

export class SocketLoop {
  private readonly epoll = createEpoll();
  private readonly onReady = new Map<number, () => void>();
  private readonly waiting = new Set<Waiting>();
  private timer: NodeJS.Timeout | undefined;
  private lastTurn = 0;

  /** Calls back whenever `fd` is ready for one of `events`, as long as the loop turns. */
  watch(fd: number, events: number, onReady: () => void): void {
    if (this.onReady.has(fd)) changeInEpoll(this.epoll, fd, events);
    else addToEpoll(this.epoll, fd, events);
    this.onReady.set(fd, onReady);
  }

  /** Closes a descriptor, watched or not. */
  closeSocket(fd: number): void {
    this.onReady.delete(fd);
    closeFd(fd);
  }

  /** Turns the loop until `waiting` is over. */
  wait(waiting: Waiting): void {
    this.waiting.add(waiting);
    if (this.timer !== undefined) return;
    this.lastTurn = performance.now();
    this.scheduleTurn();
  }

  /** Every wait ends as if its time were over. */
  close(): void {
    clearTimeout(this.timer);
    for (const waiting of this.waiting) waiting.elapse(Number.POSITIVE_INFINITY);
    this.waiting.clear();
    for (const fd of [...this.onReady.keys()]) this.closeSocket(fd);
    closeFd(this.epoll);
  }

  private scheduleTurn(): void {
    this.timer = setTimeout(() => this.turn(), TURN_MILLISECONDS);
  }

  private turn(): void {
    this.timer = undefined;
    for (let round = 0; round < ROUNDS_PER_TURN && this.serveReady(); round++);
    const now = performance.now();
    const elapsed = Math.min(now - this.lastTurn, LONGEST_TURN_MILLISECONDS);
    this.lastTurn = now;
    for (const waiting of this.waiting) if (waiting.elapse(elapsed)) this.waiting.delete(waiting);
    if (this.waiting.size > 0) this.scheduleTurn();
  }

  /** False when nothing was ready. */
  private serveReady(): boolean {
    const ready = readReady(this.epoll);
    for (const fd of ready) this.onReady.get(fd)?.();
    return ready.length > 0;
  }
}
