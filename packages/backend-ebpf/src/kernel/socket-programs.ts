/** Programs at the sockets of the host's processes: attached to the root of the control groups by links that are pinned. */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BpfLink } from './link';
import { ATTACH_TYPE, type BpfProgram } from './program';

/** By the program's name. */
const ATTACH_TYPES = {
  pp_connect4: ATTACH_TYPE.CGROUP_INET4_CONNECT,
  pp_connect6: ATTACH_TYPE.CGROUP_INET6_CONNECT,
  pp_getpeername4: ATTACH_TYPE.CGROUP_INET4_GETPEERNAME,
  pp_getpeername6: ATTACH_TYPE.CGROUP_INET6_GETPEERNAME,
} as const;

/** A program that is attached to sockets. */
export type SocketProgramName = keyof typeof ATTACH_TYPES;

// Written out above: the names of the object's programs.
const NAMES = Object.keys(ATTACH_TYPES) as readonly SocketProgramName[];

/**
 * Attaches them, or puts them in the place of ours that are there. Without control groups of version 2 none can be: false.
 * @throws EbpfError PP_EBPF_LINK_FAILED, PP_EBPF_PIN_FAILED
 */
export function attachSocketPrograms(folder: string, programOf: (name: SocketProgramName) => BpfProgram): boolean {
  const root = controlGroupRoot();
  if (root === undefined) return false;
  const fd = openSync(root, 'r');
  try {
    for (const name of NAMES) attach(join(folder, `socket-${name}`), programOf(name), fd, ATTACH_TYPES[name]);
    return true;
  } finally {
    closeSync(fd);
  }
}

/** Takes ours off, by whichever session they were attached. */
export function detachSocketPrograms(folder: string): void {
  for (const name of NAMES) {
    const path = join(folder, `socket-${name}`);
    const link = BpfLink.openPinned(path);
    if (link === undefined) continue;
    link.detach();
    link.close();
    rmSync(path);
  }
}

function attach(path: string, program: BpfProgram, group: number, attachType: number): void {
  const known = BpfLink.openPinned(path);
  if (known !== undefined) {
    const isReplaced = known.replace(program);
    known.close();
    if (isReplaced) return;
    rmSync(path);
  }
  const link = BpfLink.create(program, group, attachType);
  try {
    link.pin(path);
  } finally {
    link.close();
  }
}

/** Every process is below it. */
function controlGroupRoot(): string | undefined {
  if (!existsSync('/proc/mounts')) return undefined;
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2')?.[1];
}
