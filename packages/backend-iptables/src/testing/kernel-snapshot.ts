/** What a kernel holds, in a form that can be compared. */
import type { DesiredObject } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { IptablesBackend } from '../backend';
import { commandRunner } from '../kernel/linux';
import { commandOf, type IptablesVariant } from '../kernel/variant';
import { contextOf, emptyTestbed } from './on-kernel';
import { full } from './transitions';

/** What the kernel holds, in an order that does not depend on how it came there. */
export interface Snapshot {
  readonly rules: readonly string[];
  readonly sets: readonly string[];
  readonly foreign: string[];
  readonly routesLocalnet: boolean;
}

/** Of a kernel that nobody gave anything. */
export const NOTHING: Snapshot = { rules: [], sets: [], foreign: [], routesLocalnet: false };

/** Reads what a network namespace holds. */
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

/** What a fresh kernel holds that was given these objects and nothing before. */
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
