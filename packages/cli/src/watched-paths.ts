/** Waits for changes of files and folders that a person edits. */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** Editors write a file in several steps; this long nothing may happen before a change counts as whole. */
const QUIET_MILLISECONDS = 200;

/** Watches from its making on, so that no change between two waits is missed. */
export class WatchedPaths {
  private readonly watchers: readonly FSWatcher[];
  private timer: NodeJS.Timeout | undefined;
  private hasChanged = false;
  private wake: (() => void) | undefined;

  /** A file is watched with what lies beside it, since editors replace files and suites name files beside them. */
  constructor(paths: readonly string[]) {
    const folders = new Set(paths.map((path) => (statSync(path).isDirectory() ? path : dirname(path))));
    this.watchers = [...folders].map((folder) => watch(folder, { recursive: true }, () => this.onChange()));
  }

  /** Resolves with true once something has changed since the last call, and false when `signal` aborts first. */
  async next(signal: AbortSignal): Promise<boolean> {
    if (!this.hasChanged && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.hasChanged = false;
    return !signal.aborted;
  }

  close(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers) watcher.close();
  }

  private onChange(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.hasChanged = true;
      this.wake?.();
    }, QUIET_MILLISECONDS);
  }
}
