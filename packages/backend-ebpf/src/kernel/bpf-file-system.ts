/** The BPF file system, in which pins live, and the folder in it that is one network namespace's. */
import { mkdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { commandRunner } from '@polyplane/linux';
import { EbpfError } from '../ebpf-error';

/** `BPF_FS_MAGIC`, linux/magic.h. */
const MAGIC = 0xcafe4a11;
const MOUNT_SECONDS = 10;

/** The folder of the namespace behind `path`: by its number, which no two namespaces that are there share. */
export function instanceFolder(fileSystem: string, path: string): string {
  return join(fileSystem, 'polyplane', `ns-${statSync(path).ino}`);
}

/** Mounts it unless it is there. @throws EbpfError PP_EBPF_PIN_FAILED */
export async function mountBpfFileSystem(path: string): Promise<void> {
  if (isBpfFileSystem(path)) return;
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new EbpfError('PP_EBPF_PIN_FAILED', `${path} could not be made`, { isRetriable: false, cause });
  }
  const { exitCode, stderr } = await commandRunner(undefined, MOUNT_SECONDS).run('mount', ['-t', 'bpf', 'bpf', path]);
  if (exitCode === 0) return;
  throw new EbpfError('PP_EBPF_PIN_FAILED', `the BPF file system could not be mounted at ${path}: ${stderr}`, {
    isRetriable: false,
  });
}

function isBpfFileSystem(path: string): boolean {
  try {
    return statfsSync(path).type === MAGIC;
  } catch {
    // Not there: it is to be made.
    return false;
  }
}
