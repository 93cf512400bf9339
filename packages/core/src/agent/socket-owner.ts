/** Which process holds an abstract unix socket, as proc(5) shows it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** __SO_ACCEPTCON of the kernel's include/linux/net.h. */
const LISTENING = '00010000';

/**
 * The process that has bound the name (a zero byte first); undefined when it has ended, stands in a process namespace that cannot
 * be seen from here, or is another user's.
 */
export function readSocketOwner(name: string): number | undefined {
  const inode = readInode(name);
  if (inode === undefined) return undefined;
  const link = `socket:[${inode}]`;
  for (const entry of readdirSync('/proc')) if (/^\d+$/.test(entry) && holds(entry, link)) return Number(entry);
  return undefined;
}

/** `Num: RefCount Protocol Flags Type St Inode Path`; zero bytes of a path are shown as `@`. Who asks has a line of that path, too. */
function readInode(name: string): string | undefined {
  const shown = name.replaceAll('\0', '@');
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  const columns = lines.map((line) => line.trim().split(/\s+/));
  return columns.find(([, , , flags, , , , path]) => flags === LISTENING && path === shown)?.[6];
}

function holds(pid: string, link: string): boolean {
  const folder = join('/proc', pid, 'fd');
  try {
    return readdirSync(folder).some((descriptor) => isLink(join(folder, descriptor), link));
  } catch {
    // Ended meanwhile, or not ours to look at.
    return false;
  }
}

function isLink(path: string, link: string): boolean {
  try {
    return readlinkSync(path) === link;
  } catch {
    // Closed meanwhile.
    return false;
  }
}
