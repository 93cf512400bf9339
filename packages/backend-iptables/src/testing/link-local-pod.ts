/** A pod that never asked for IPv6 and has link-local addresses all the same, on a link of its own to a node. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A network namespace, and the link-local address by which the other end of the link reaches it. */
export interface LinkEnd {
  readonly namespacePath: string;
  /** With the zone that it has at the other end: `fe80::1%eth0`. */
  readonly address: string;
}

/** The namespace lives as long as a process that ends with this one. */
export class LinkLocalPod {
  private constructor(
    private readonly holder: ChildProcess,
    readonly pod: LinkEnd,
    readonly node: LinkEnd,
  ) {}

  /** Joins a new namespace to the node's by a link whose end at the node is called `interfaceName`. */
  static async join(nodePath: string, interfaceName: string): Promise<LinkLocalPod> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const podPath = `/proc/${holder.pid}/ns/net`;
    runIn(podPath, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.all.accept_dad=0');
    runIn(podPath, 'ip', 'link', 'set', 'lo', 'up');
    const peer = ['peer', 'name', 'eth0', 'netns', String(holder.pid)];
    runIn(nodePath, 'ip', 'link', 'add', 'name', interfaceName, 'type', 'veth', ...peer);
    runIn(podPath, 'ip', 'link', 'set', 'eth0', 'up');
    runIn(nodePath, 'ip', 'link', 'set', interfaceName, 'up');
    return new LinkLocalPod(
      holder,
      { namespacePath: podPath, address: `${linkLocalOf(podPath, 'eth0')}%${interfaceName}` },
      { namespacePath: nodePath, address: `${linkLocalOf(nodePath, interfaceName)}%eth0` },
    );
  }

  close(): void {
    this.holder.stdin?.end();
  }
}

/** A TCP connection from one end to the other is answered. */
export async function canConnect(from: LinkEnd, to: LinkEnd): Promise<boolean> {
  const server = spawnNode(to.namespacePath, SERVER, []);
  try {
    const [port] = await once(server.stdout ?? server, 'data');
    const client = spawnNode(from.namespacePath, CLIENT, [to.address, String(port).trim()]);
    const [exitCode] = await once(client, 'exit');
    return exitCode === 0;
  } finally {
    server.stdin?.end();
  }
}

const SERVER = `
  const server = require('node:net').createServer((socket) => socket.end('hello'));
  server.listen(0, '::', () => console.log(server.address().port));
  process.stdin.on('end', () => process.exit(0)).resume();
`;
const CLIENT = `
  const [, host, port] = process.argv;
  const socket = require('node:net').connect({ host, port: Number(port) });
  socket.on('data', () => process.exit(0)).on('error', () => process.exit(1));
  setTimeout(() => process.exit(1), 700);
`;

function spawnNode(namespacePath: string, script: string, args: readonly string[]): ChildProcess {
  return spawn('nsenter', [`--net=${namespacePath}`, process.execPath, '-e', script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

function linkLocalOf(namespacePath: string, interfaceName: string): string {
  const text = runIn(namespacePath, 'ip', '-6', '-oneline', 'address', 'show', 'dev', interfaceName, 'scope', 'link');
  const address = /inet6 (fe80:\S+)\/64/.exec(text)?.[1];
  if (address === undefined) throw new Error(`${interfaceName} has no link-local address: ${text}`);
  return address;
}

function runIn(namespacePath: string, ...argv: readonly string[]): string {
  return execFileSync('nsenter', [`--net=${namespacePath}`, ...argv], { encoding: 'utf8' });
}
