/** Exponential backoff with jitter. */

export interface BackoffOptions {
  /** Delay after the first failure. */
  readonly initialDelayMs: number;
  /** No delay is longer, jitter included. */
  readonly maxDelayMs: number;
}

/** Delays that double with every failure up to a maximum; each is drawn from the upper half of its range. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #failures = 0;

  /** `random` gives numbers in [0, 1). */
  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  /** Failures since the last {@link reset}. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure; how long to wait after it. */
  nextDelayMs(): number {
    const doubled = this.#options.initialDelayMs * 2 ** Math.min(this.#failures, 40);
    this.#failures += 1;
    return jitter(Math.min(doubled, this.#options.maxDelayMs), this.#random);
  }

  /** Counts a failure that a quick retry cannot mend; how long to wait after it. */
  longestDelayMs(): number {
    this.#failures += 1;
    return jitter(this.#options.maxDelayMs, this.#random);
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** A delay drawn from the upper half of this one. */
export function jitter(delayMs: number, random: () => number): number {
  return delayMs * (0.5 + random() / 2);
}
