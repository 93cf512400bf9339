/** Benchmark of a TCP connect through a node: no rules, ours, and rules laid out as kube-proxy lays them out. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { EbpfBackend } from '@polyplane/backend-ebpf';
import { IptablesBackend } from '@polyplane/backend-iptables';
import { type IpAddress, type Port, parseIpAddress, parsePort, SILENT_LOGGER } from '@polyplane/core';
import { ConnectTimer } from './blocking-connect';
import { withBpfFileSystem } from './bpf-file-system';
import { kubeProxyRules } from './kube-proxy-layout';
import { type Measurement, median, type Scenario } from './measurement';
import { lacksNamespaces, type Namespace, withNamespaces } from './namespace';
import { fullTransition, servicePort } from './service-ports';

const SERVICES = 10_000;
const CONNECTS = 2_000;
const SERVER = parseIpAddress('198.18.2.2');
const SERVER_PORT = parsePort(8080);
const SERVICE_PORT = parsePort(80);

/** A way to lay out the rules of a node; `program` returns what undoes it. */
interface Layout {
  readonly name: string;
  readonly program: (networkNamespace: string, bpfFileSystem: string) => Promise<() => Promise<void>>;
}

const EMPTY = 'empty node';
const KUBE_PROXY = 'kube-proxy’s layout, legacy';
const NO_SERVICE = 'no service';

const LAYOUTS: readonly Layout[] = [
  { name: EMPTY, program: async () => async () => undefined },
  { name: 'Polyplane, nft', program: (path) => programPolyplane('nft', path) },
  { name: 'Polyplane, legacy', program: (path) => programPolyplane('legacy', path) },
  { name: 'Polyplane, eBPF', program: programEbpf },
  { name: KUBE_PROXY, program: programKubeProxyLayout },
];

const TARGETS: readonly { readonly name: string; readonly address: IpAddress; readonly port: Port }[] = [
  { name: 'first service', ...clusterAddress(0) },
  { name: 'middle service', ...clusterAddress(SERVICES / 2) },
  { name: 'last service', ...clusterAddress(SERVICES - 1) },
  { name: NO_SERVICE, address: SERVER, port: SERVER_PORT },
];

/** A layout in force between a client and a server of its own. */
interface Route {
  readonly layout: string;
  readonly timer: ConnectTimer;
  readonly end: () => Promise<void>;
}

interface Row {
  readonly layout: string;
  readonly timer: ConnectTimer;
  readonly target: (typeof TARGETS)[number];
  readonly samples: number[];
}

export const tcpConnect: Scenario = {
  title: 'TCP connect through a node with 10,000 services, p50 of 2,000, side by side',
  lacks: lacksNamespaces,
  run: () =>
    withBpfFileSystem((bpfFileSystem) =>
      withNamespaces(LAYOUTS.length * 3, async (namespaces) => {
        const routes: Route[] = [];
        try {
          for (const [index, layout] of LAYOUTS.entries()) {
            routes.push(await openRoute(layout, namespaces.slice(index * 3, index * 3 + 3), bpfFileSystem));
          }
          return measure(routes);
        } finally {
          for (const route of routes) await route.end();
        }
      }),
    ),
};

/** Joins a client, a node and a server, programs the node, and listens on the server. */
async function openRoute(
  layout: Layout,
  [client, node, server]: readonly Namespace[],
  bpfFileSystem: string,
): Promise<Route> {
  if (client === undefined || node === undefined || server === undefined) throw new RangeError('three namespaces');
  joinNamespaces(client.name, node.name, server.name);
  const undo = await layout.program(node.path, bpfFileSystem);
  const stopServer = await listenIn(server.path);
  const timer = new ConnectTimer(client.path);
  const end = async (): Promise<void> => {
    timer.end();
    stopServer();
    await undo();
  };
  return { layout: layout.name, timer, end };
}

/**
 * One connect of each layout and target in turn, so that a drift of the machine's speed meets them all alike; each round
 * begins elsewhere and steps differently, so that no row always follows the same other row.
 */
function measure(routes: readonly Route[]): readonly Measurement[] {
  const rows = routes.flatMap(({ layout, timer }): Row[] =>
    TARGETS.filter((target) => layout !== EMPTY || target.name === NO_SERVICE).map((target) => ({
      layout,
      timer,
      target,
      samples: [],
    })),
  );
  for (let round = 0; round < CONNECTS; round++) {
    for (const { timer, target, samples } of rotated(rows, round)) {
      samples.push(timer.connectMicroseconds(target.address, target.port));
    }
  }
  const p50 = (layout: string, target: string): number =>
    median(rows.find((row) => row.layout === layout && row.target.name === target)?.samples ?? []);
  return rows.flatMap(({ layout, target }): readonly Measurement[] => {
    const value = p50(layout, target.name);
    const name = `${layout}: ${target.name}`;
    return [
      { metric: name, value, unit: 'us' },
      { metric: `${name}, to the empty node`, value: value / p50(EMPTY, NO_SERVICE), unit: 'ratio' },
      { metric: `${name}, to kube-proxy’s layout`, value: value / p50(KUBE_PROXY, target.name), unit: 'ratio' },
    ];
  });
}

/** The rows in an order of the round's own; 17 rows are visited whole by any step that 17 does not divide. */
function rotated(rows: readonly Row[], round: number): readonly Row[] {
  const step = 1 + (round % (rows.length - 1));
  const order = rows.map((_, index) => (round + index * step) % rows.length);
  if (new Set(order).size !== rows.length) return rows;
  return order.flatMap((index) => rows[index] ?? []);
}

async function programPolyplane(variant: 'nft' | 'legacy', networkNamespace: string): Promise<() => Promise<void>> {
  const backend = new IptablesBackend({ variant });
  const session = await backend.open({ nodeName: 'node-0', networkNamespace, logger: SILENT_LOGGER });
  await session.apply(session.plan(fullTransition(SERVICES, SERVER)));
  return () => session.release('remove');
}

async function programEbpf(networkNamespace: string, bpfFileSystem: string): Promise<() => Promise<void>> {
  const backend = new EbpfBackend({ bpfFileSystem, isUnfinished: true });
  const session = await backend.open({ nodeName: 'node-0', networkNamespace, logger: SILENT_LOGGER });
  await session.apply(session.plan(fullTransition(SERVICES, SERVER)));
  return () => session.release('remove');
}

async function programKubeProxyLayout(networkNamespace: string): Promise<() => Promise<void>> {
  const services = Array.from({ length: SERVICES }, (_, index) => servicePort(index, 0, SERVER));
  execFileSync('nsenter', [`--net=${networkNamespace}`, 'iptables-legacy-restore', '--noflush'], {
    input: kubeProxyRules(services),
  });
  return async () => undefined;
}

function clusterAddress(index: number): { readonly address: IpAddress; readonly port: Port } {
  const address = servicePort(index).frontends[0]?.address;
  if (address === undefined) throw new RangeError(`service ${index} has no cluster IP`);
  return { address, port: SERVICE_PORT };
}

/** Client 198.18.1.2 - node 198.18.1.1, 198.18.2.1 - server 198.18.2.2 (RFC 2544's range). */
function joinNamespaces(client: string, node: string, server: string): void {
  const ip = (name: string, ...args: readonly string[]): void => void execFileSync('ip', ['-n', name, ...args]);
  ip(client, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'client', 'netns', node);
  ip(server, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'server', 'netns', node);
  ip(client, 'address', 'add', '198.18.1.2/24', 'dev', 'eth0');
  ip(node, 'address', 'add', '198.18.1.1/24', 'dev', 'client');
  ip(node, 'address', 'add', '198.18.2.1/24', 'dev', 'server');
  ip(server, 'address', 'add', '198.18.2.2/24', 'dev', 'eth0');
  for (const [name, device] of [
    [client, 'eth0'],
    [server, 'eth0'],
    [node, 'client'],
    [node, 'server'],
  ] as const) {
    ip(name, 'link', 'set', device, 'up');
  }
  ip(client, 'route', 'add', 'default', 'via', '198.18.1.1');
  ip(server, 'route', 'add', 'default', 'via', '198.18.2.1');
  execFileSync('ip', ['netns', 'exec', node, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
}

/** A process in the server's namespace that accepts and drops every connection. Returns what ends it. */
async function listenIn(networkNamespace: string): Promise<() => void> {
  const script = `require('node:net').createServer((socket) => socket.on('error', () => socket.destroy()).resume())
    .listen(${SERVER_PORT}, '${SERVER}', 511, () => process.stdout.write('listening'))`;
  const server = spawn('nsenter', [`--net=${networkNamespace}`, process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout, 'data');
  return () => void server.kill();
}
