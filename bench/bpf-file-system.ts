/** A BPF file system of the benchmark's own, so that nothing that is pinned on this machine is touched. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Mounts it, runs `work` with its path, and takes it away with all that is pinned there. */
export async function withBpfFileSystem<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'polyplane-bench-bpf-'));
  execFileSync('mount', ['-t', 'bpf', 'bpf', folder]);
  try {
    return await work(folder);
  } finally {
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  }
}
