/** Specs that load BPF programs: they run as root, on a kernel that lets them, and are skipped by name elsewhere. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeUnless } from '@polyplane/conformance';
import { BpfAttributes, bpf, formatErrno } from '../kernel/bpf-call';

const obstacle = readBpfObstacle();

/** Describes what holds of the kernel of this machine. */
export function describeOnKernel(title: string, body: () => void): void {
  describeUnless(obstacle, title, body);
}

/** Why this process may not make BPF objects here; undefined: it may. */
function readBpfObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  // An array of one entry, which any kernel with bpf(2) makes for root.
  const result = bpf('MAP_CREATE', new BpfAttributes().u32(0, 2).u32(4, 4).u32(8, 4).u32(12, 1));
  return result < 0 ? `bpf(2): ${formatErrno(result)}` : undefined;
}

/** Mounts a BPF file system of its own, in a folder of its own. {@link unmountBpf} takes it away, with all that is pinned in it. */
export function mountBpf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'polyplane-bpf-'));
  execFileSync('mount', ['-t', 'bpf', 'bpf', folder]);
  return folder;
}

export function unmountBpf(folder: string): void {
  execFileSync('umount', ['--lazy', folder]);
  rmdirSync(folder);
}
