/** A progress bar on stderr, on terminals only. */

/** Told how far something is. */
export interface Progress {
  /** Seldom enough to cost nothing is the bar's own business. */
  show(done: number, total: number): void;
  /** Nothing of the bar stays. */
  finish(): void;
}

const WIDTH = 30;
const REDRAW_MILLISECONDS = 80;
/** What is done sooner needs no bar. */
const PATIENCE_MILLISECONDS = 300;

export class ProgressBar implements Progress {
  private readonly start: number;
  private drawnAt = 0;

  constructor(
    private readonly label: string,
    private readonly stream: NodeJS.WriteStream = process.stderr,
    private readonly now: () => number = Date.now,
  ) {
    this.start = now();
  }

  show(done: number, total: number): void {
    const now = this.now();
    if (!this.stream.isTTY || now - this.start < PATIENCE_MILLISECONDS || now - this.drawnAt < REDRAW_MILLISECONDS)
      return;
    this.drawnAt = now;
    const share = total === 0 ? 1 : done / total;
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.stream.write(`\r\x1B[K${this.label} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %`);
  }

  finish(): void {
    if (this.drawnAt > 0) this.stream.write('\r\x1B[K');
  }
}
