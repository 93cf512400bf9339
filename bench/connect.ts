/** Benchmark of a TCP connect through a node: no rules, ours, and rules laid out as kube-proxy lays them out. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { IptablesBackend } from '@polyplane/backend-iptables';
import { type IpAddress, type Port, parseIpAddress, parsePort, SILENT_LOGGER } from '@polyplane/core';
import { ConnectTimer } from './blocking-connect';
import { kubeProxyRules } from './kube-proxy-layout';
import { type Measurement, median, type Scenario } from './measurement';
import { lacksNamespaces, withNamespace } from './namespace';
import { fullTransition, servicePort } from './service-ports';

const SERVICES = 10_000;
const CONNECTS = 2_000;
const SERVER = parseIpAddress('198.18.2.2');
const SERVER_PORT = parsePort(8080);
const SERVICE_PORT = parsePort(80);

/** A way to lay out the rules of a node. Returns what undoes it. */
interface Layout {
  readonly name: string;
  readonly program: (networkNamespace: string) => Promise<() => Promise<void>>;
}

const LAYOUTS: readonly Layout[] = [
  { name: 'empty node', program: async () => async () => undefined },
  { name: 'Polyplane, nft', program: (path) => programPolyplane('nft', path) },
  { name: 'Polyplane, legacy', program: (path) => programPolyplane('legacy', path) },
  { name: 'kube-proxy’s layout, legacy', program: programKubeProxyLayout },
];

const TARGETS: readonly { readonly name: string; readonly address: IpAddress; readonly port: Port }[] = [
  { name: 'first service', ...clusterAddress(0) },
  { name: 'middle service', ...clusterAddress(SERVICES / 2) },
  { name: 'last service', ...clusterAddress(SERVICES - 1) },
  { name: 'no service', address: SERVER, port: SERVER_PORT },
];

export const iptablesConnect: Scenario = {
  title: 'iptables: TCP connect through a node with 10,000 services, p50 of 2,000, side by side',
  lacks: lacksNamespaces,
  run: () => withRoutes(LAYOUTS, []),
};

/** Makes a client, a node and a server for each layout, then measures them all in turn. */
async function withRoutes(
  layouts: readonly Layout[],
  ready: readonly { readonly layout: string; readonly timer: ConnectTimer }[],
): Promise<readonly Measurement[]> {
  const [layout, ...rest] = layouts;
  if (layout === undefined) return measure(ready);
  const tag = `-${ready.length}`;
  return withNamespace(
    (_, client) =>
      withNamespace(
        (nodePath, node) =>
          withNamespace(async (serverPath, server) => {
            joinNamespaces(client, node, server);
            const stopServer = await listenIn(serverPath);
            const timer = new ConnectTimer(`/run/netns/${client}`);
            const undo = await layout.program(nodePath);
            try {
              return await withRoutes(rest, [...ready, { layout: layout.name, timer }]);
            } finally {
              await undo();
              timer.end();
              stopServer();
            }
          }, `${tag}s`),
        `${tag}n`,
      ),
    `${tag}c`,
  );
}

/** One connect of each layout and target in turn, so that a drift of the machine's speed meets them all alike. */
function measure(ready: readonly { readonly layout: string; readonly timer: ConnectTimer }[]): readonly Measurement[] {
  const rows = ready.flatMap(({ layout, timer }) =>
    TARGETS.map((target) => ({ layout, timer, target, samples: [] as number[] })),
  );
  const possible = rows.filter(({ layout, target }) => layout !== 'empty node' || target.name === 'no service');
  for (let round = 0; round < CONNECTS; round++) {
    for (const { timer, target, samples } of possible)
      samples.push(timer.connectMicroseconds(target.address, target.port));
  }
  const empty = median(possible.find(({ layout }) => layout === 'empty node')?.samples ?? []);
  const kubeProxy = new Map(
    possible
      .filter(({ layout }) => layout.startsWith('kube-proxy'))
      .map(({ target, samples }) => [target.name, median(samples)]),
  );
  return possible.flatMap(({ layout, target, samples }): readonly Measurement[] => {
    const value = median(samples);
    const name = `${layout}: ${target.name}`;
    return [
      { metric: name, value, unit: 'us' },
      { metric: `${name}, to the empty node`, value: value / empty, unit: 'ratio' },
      {
        metric: `${name}, to kube-proxy’s layout`,
        value: value / (kubeProxy.get(target.name) ?? Number.NaN),
        unit: 'ratio',
      },
    ];
  });
}

async function programPolyplane(variant: 'nft' | 'legacy', networkNamespace: string): Promise<() => Promise<void>> {
  const backend = new IptablesBackend({ variant });
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
