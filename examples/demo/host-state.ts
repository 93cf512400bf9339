/** What the demo could leave behind on the machine that it runs on, and must not. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';

/** Every line of it; two readings are compared. */
export type HostState = readonly string[];

const READINGS: readonly (readonly [command: string, ...args: readonly string[]])[] = [
  ['iptables-save'],
  ['ip6tables-save'],
  ['iptables-legacy-save'],
  ['ipset', 'list', '-name'],
  ['ip', '-o', 'link', 'show'],
];

/** Rules, sets and interfaces of this machine, and the network namespaces that this process keeps alive. */
export function readHostState(): HostState {
  return [...READINGS.flatMap(([command, ...args]) => readLines(command, args)), ...readHeldNamespaces()];
}

/** Lines that are there after and were not before. */
export function leftovers(before: HostState, after: HostState): readonly string[] {
  const known = new Set(before);
  return after.filter((line) => !known.has(line));
}

function readLines(command: string, args: readonly string[]): readonly string[] {
  const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  // Comments carry the time, counters the traffic.
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => `${command}: ${line.replace(/\[\d+:\d+\]/, '').trim()}`);
}

function readHeldNamespaces(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    const target = readTarget(`/proc/self/fd/${fd}`);
    return target?.startsWith('net:') ? [`held namespace: ${target}`] : [];
  });
}

function readTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor that read the folder itself is closed by now.
    return undefined;
  }
}
