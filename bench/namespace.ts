/** Network namespaces for the benchmarks: made, used and removed here. */
import { execFileSync } from 'node:child_process';

/** Why this process cannot make namespaces; undefined: it can. */
export function lacksNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  return undefined;
}

/** Runs `work` with the path of a new namespace, and removes the namespace whatever happens. */
export async function withNamespace<T>(work: (path: string, name: string) => Promise<T>, suffix = ''): Promise<T> {
  const name = `ppbench-${process.pid}${suffix}`;
  execFileSync('ip', ['netns', 'add', name]);
  const remove = (): void => void execFileSync('ip', ['netns', 'del', name]);
  const onSignal = (): void => {
    remove();
    process.exit(130);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await work(`/run/netns/${name}`, name);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    remove();
  }
}
