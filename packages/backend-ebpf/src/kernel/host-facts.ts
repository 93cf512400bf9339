/** What the kernel says of itself where eBPF is concerned. */
import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where to ask; a test asks elsewhere. */
export interface HostPaths {
  /** Folder that holds `proc` and `sys`. */
  readonly root: string;
  /** As `process.arch` has it. */
  readonly architecture: string;
}

export interface EbpfHostFacts {
  readonly architecture: string;
  /** The kernel knows the bpf file system, which comes with the bpf system call. */
  readonly hasBpf: boolean;
  /** The kernel's types can be read, which programs are fitted to the kernel by. */
  readonly hasBtf: boolean;
  /** Programs are compiled to machine code. */
  readonly isJitEnabled: boolean;
}

export async function readHostFacts({ root, architecture }: HostPaths): Promise<EbpfHostFacts> {
  const [filesystems, jit, hasBtf] = await Promise.all([
    readIfThere(join(root, 'proc/filesystems')),
    readIfThere(join(root, 'proc/sys/net/core/bpf_jit_enable')),
    isReadable(join(root, 'sys/kernel/btf/vmlinux')),
  ]);
  const hasBpf = filesystems?.split('\n').some((line) => line.trim().split(/\s+/).at(-1) === 'bpf') ?? false;
  return { architecture, hasBpf, hasBtf, isJitEnabled: jit !== undefined && jit.trim() !== '0' };
}

/** Undefined: there is no such file. Any other failure to ask rejects. */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}
