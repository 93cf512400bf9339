/** Objects to put into force, and what a kernel then holds, in a form that can be compared. */
import { createTestbed, type Testbed } from '@polyplane/conformance';
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  type NodeContext,
  orderChanges,
  parseIpAddress,
  parsePort,
  SILENT_LOGGER,
  TCP,
  type Transition,
  UDP,
} from '@polyplane/core/backend';
import {
  buildFrontend,
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
} from '@polyplane/core/testing';
import { IptablesBackend } from '../backend';
import { type CommandRunner, commandRunner } from '../kernel/exec';
import { commandOf, type IptablesVariant } from '../kernel/variant';

export const SETTINGS = buildSettings();
export const FRIENDS = buildIpSet('friends', 'net', ['10.0.0.9', '10.1.0.0/16']);
export const POLICY = buildPolicy('web', {
  ingress: [
    buildRule('allow', { protocol: TCP, source: { ipSets: [ipSetKey('friends')] }, destination: { ports: ports(80) } }),
    buildRule('deny', { notProtocol: UDP, source: { notNets: nets('10.2.0.0/16', '10.3.0.0/16') } }),
  ],
  egress: [buildRule('allow')],
});
export const WEB = buildWorkload('web', '10.0.0.2', { tiers: [buildTier([POLICY])] });
export const SERVICE = buildService(
  'web',
  [buildFrontend('clusterIp', 80, '10.96.0.1'), buildFrontend('nodePort', 30080)],
  [buildServiceEndpoint('10.0.0.2', 8080, true), buildServiceEndpoint('10.0.1.2', 8080, false)],
);
export const OBJECTS: readonly DesiredObject[] = [SETTINGS, FRIENDS, POLICY, WEB, SERVICE];

export function full(revision: number, objects: readonly DesiredObject[]): Transition {
  const changes = orderChanges(objects.map((object) => ({ op: 'put', object })));
  return { revision, scope: 'full', isInSync: true, changes };
}

export function delta(revision: number, before: readonly DesiredObject[], after: readonly DesiredObject[]): Transition {
  const kept = new Set<DesiredKey>(after.map(({ key }) => key));
  const changes: Change[] = [
    ...after.filter((object) => !before.includes(object)).map((object): Change => ({ op: 'put', object })),
    ...before.filter(({ key }) => !kept.has(key)).map(({ key }): Change => ({ op: 'remove', key })),
  ];
  return { revision, scope: 'delta', isInSync: true, changes: orderChanges(changes) };
}

export function emptyTestbed(): Testbed {
  const addresses = [parseIpAddress('172.18.0.2')];
  return createTestbed({
    nodes: [{ name: 'node-1', addresses, routedAddresses: [] }],
    pods: [],
    outsiders: [],
    ports: [{ protocol: TCP, port: parsePort(80) }],
  });
}

export function contextOf(testbed: Testbed): NodeContext {
  return { nodeName: 'node-1', networkNamespace: testbed.networkNamespaceOf('node-1'), logger: SILENT_LOGGER };
}

/** What the kernel holds, in an order that does not depend on how it came there. */
export interface Snapshot {
  readonly rules: readonly string[];
  readonly sets: readonly string[];
  readonly foreign: string[];
  readonly routesLocalnet: boolean;
}

export const NOTHING: Snapshot = { rules: [], sets: [], foreign: [], routesLocalnet: false };

export async function snapshot(runner: CommandRunner, variant: IptablesVariant): Promise<Snapshot> {
  const rules: string[] = [];
  const foreign: string[] = [];
  for (const family of [4, 6] as const) {
    const saved = await runner.run(commandOf(family, variant, 'save'), []);
    for (const { chain, text } of chainsOf(saved.stdout)) {
      if (chain.startsWith('POLYPLANE-') || text.includes('POLYPLANE-')) rules.push(`IPv${family} ${text}`);
      else if (text.startsWith('-A') || text.includes(' - ')) foreign.push(text);
    }
  }
  const saved = (await runner.run('ipset', ['save'])).stdout.split('\n').filter((line) => line !== '');
  // How often a set grew and its hash's seed are of no meaning.
  const sets = saved.map((line) => line.replace(/ (hashsize|bucketsize|initval) \S+/g, '').trim());
  const localnet = await runner.run('sysctl', ['-n', 'net.ipv4.conf.all.route_localnet']);
  return {
    rules: rules.sort(),
    sets: sets.filter((line) => line.includes(' POLYPLANE-')).sort(),
    foreign: [...foreign, ...sets.filter((line) => !line.includes(' POLYPLANE-'))],
    routesLocalnet: localnet.stdout.trim() === '1',
  };
}

/** Each chain with its rules as one text, and each rule of a base chain that is not ours. */
function chainsOf(saved: string): readonly { readonly chain: string; readonly text: string }[] {
  let table = '';
  const found = new Map<string, { chain: string; text: string }>();
  const others: { chain: string; text: string }[] = [];
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line;
    const chain = /^(?::|-A )(\S+)/.exec(line)?.[1];
    if (chain === undefined) continue;
    const text = line.replace(/ \[\d+:\d+\]$/, '').trimEnd();
    if (!chain.startsWith('POLYPLANE-')) {
      others.push({ chain, text });
      continue;
    }
    const key = `${table} ${chain}`;
    const before = found.get(key);
    found.set(key, { chain, text: before === undefined ? `${table} ${text}` : `${before.text}\n${text}` });
  }
  return [...found.values(), ...others];
}

export async function loadedAlone(variant: IptablesVariant, objects: readonly DesiredObject[]): Promise<Snapshot> {
  const testbed = emptyTestbed();
  try {
    const node = contextOf(testbed);
    const session = await new IptablesBackend({ variant }).open(node);
    await session.apply(session.plan(full(1, objects)));
    return await snapshot(commandRunner(node.networkNamespace, 10), variant);
  } finally {
    testbed.close();
  }
}
