/** What a benchmark scenario measures, and the statistics it is quoted by. */

/** One figure. `aim` is what the project promises of it; a figure without one is for information. */
export interface Measurement {
  readonly metric: string;
  readonly value: number;
  readonly unit: 's' | 'ms' | 'us' | 'MB' | '1/s' | 'ratio';
  readonly aim?: { readonly atMost: number } | { readonly atLeast: number };
}

/** A scenario runs in a process of its own, so that its memory is its own. */
export interface Scenario {
  readonly title: string;
  /** Why the scenario cannot run on this host; absent: it can. */
  readonly lacks?: () => string | undefined;
  run(): Promise<readonly Measurement[]>;
}

/** The value below which the given share of samples lies (nearest rank). Samples need no order. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new RangeError('no samples');
  return value;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Milliseconds that `work` takes. */
export function elapsedMilliseconds(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Resident memory of this process in MB, after a collection where node runs with --expose-gc. */
export function residentMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}

/** True when the figure keeps its promise or has none. */
export function isKept({ value, aim }: Measurement): boolean {
  if (aim === undefined) return true;
  return 'atMost' in aim ? value <= aim.atMost : value >= aim.atLeast;
}
