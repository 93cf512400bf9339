/** What a run of the command has on this machine while it runs, and must not leave behind. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Marks a process, and so all that it starts. */
export class ProcessMark {
  readonly environment: Readonly<Record<string, string>>;
  private readonly entry: string;

  constructor() {
    const name = 'POLYPLANE_TEST_MARK';
    const value = randomUUID();
    this.environment = { [name]: value };
    this.entry = `${name}=${value}`;
  }

  /** Those that bear the mark. */
  pids(): readonly number[] {
    return allPids().filter((pid) =>
      attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
        ?.split('\0')
        .includes(this.entry),
    );
  }
}

/** The network namespaces, by their kernel identity, that processes hold open or are in, without the tests' own. */
export function networkNamespacesOf(pids: readonly number[]): ReadonlySet<string> {
  const links = pids.flatMap((pid) => {
    const fds = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
    const paths = [`/proc/${pid}/ns/net`, ...fds.map((fd) => `/proc/${pid}/fd/${fd}`)];
    return paths.flatMap((path) => attempt(() => readlinkSync(path)) ?? []);
  });
  const own = readlinkSync('/proc/self/ns/net');
  return new Set(links.filter((link) => link.startsWith('net:') && link !== own));
}

/** Those of the given namespaces that some process or mount still keeps alive. */
export function livingNamespaces(namespaces: ReadonlySet<string>): readonly string[] {
  const used = networkNamespacesOf(allPids());
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  return [...namespaces].filter((namespace) => used.has(namespace) || mounts.includes(namespace));
}

/** The packet filter, sets, interfaces and named namespaces of the host itself, without what counts packets or tells the time. */
export function readHostNetwork(): Readonly<Record<string, string>> {
  return readNetwork([]);
}

/** The same of the network namespace at this path. */
export function readNamespaceNetwork(path: string): Readonly<Record<string, string>> {
  return readNetwork(['nsenter', `--net=${path}`]);
}

function readNetwork(enter: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    HOST_COMMANDS.map((command) => {
      const [file = '', ...args] = [...enter, ...command.split(' ')];
      const { stdout } = spawnSync(file, args, { encoding: 'utf8' });
      // A command that this host does not have tells nothing, before and after.
      const lines = (stdout ?? '').split('\n').filter((line) => !line.startsWith('#'));
      return [command, lines.map((line) => line.replace(/\[\d+:\d+\]$/, '')).join('\n')];
    }),
  );
}

const HOST_COMMANDS = [
  'iptables-nft-save',
  'ip6tables-nft-save',
  'iptables-legacy-save',
  'ip6tables-legacy-save',
  'nft --stateless list ruleset',
  'ipset save',
  'ip -brief link',
  'ip -brief address',
  'ip netns list',
];

function allPids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Undefined for a process that is gone meanwhile, or is somebody else's. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
