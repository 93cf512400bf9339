/** Network namespaces for the benchmarks: made, used and removed here. */
import { execFileSync } from 'node:child_process';

/** Why this process cannot make namespaces; undefined: it can. */
export function lacksNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  return undefined;
}

/** A network namespace by its name (`ip netns`) and path. */
export interface Namespace {
  readonly name: string;
  readonly path: string;
}

/** Runs `work` with so many new namespaces, and removes them whatever happens. */
export async function withNamespaces<T>(
  count: number,
  work: (namespaces: readonly Namespace[]) => Promise<T>,
): Promise<T> {
  const made: Namespace[] = [];
  const removeAll = (): void => {
    for (const { name } of made.splice(0)) execFileSync('ip', ['netns', 'del', name]);
  };
  const onSignal = (): void => {
    removeAll();
    process.exit(130);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    for (let index = 0; index < count; index++) {
      const name = `ppbench-${process.pid}-${index}`;
      execFileSync('ip', ['netns', 'add', name]);
      made.push({ name, path: `/run/netns/${name}` });
    }
    return await work(made);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    removeAll();
  }
}
