/** What this host offers to the backend, asked of the host itself. */
import type { MissingFact, NodeFacts } from '@polyplane/core/backend';
import type { CommandRunner } from './exec';
import { chooseVariant, type IptablesVariant, readVariant } from './variant';

/** Reads the facts; changes nothing. */
export async function readNodeFacts(runner: CommandRunner, wanted: 'auto' | IptablesVariant): Promise<NodeFacts> {
  const nft = await readVariant(runner, 'nft');
  const legacy = await readVariant(runner, 'legacy');
  const chosen = await chooseVariant(runner, wanted);
  const ipset = await answerOf(runner, 'ipset', ['save']);
  const conntrack = await answerOf(runner, 'conntrack', ['-C']);
  const missing: MissingFact[] = [];
  if (chosen === undefined) {
    missing.push({
      what:
        wanted === 'auto'
          ? `iptables: ${nft.reason || legacy.reason}`
          : `iptables-${wanted}: ${(wanted === 'nft' ? nft : legacy).reason}`,
      remedy: 'run as root, with the Debian package iptables installed',
    });
  }
  if (ipset !== undefined) missing.push({ what: `ipset: ${ipset}`, remedy: 'install the Debian package ipset' });
  if (conntrack !== undefined) {
    missing.push({ what: `conntrack: ${conntrack}`, remedy: 'install the Debian package conntrack' });
  }
  return {
    backend: 'iptables',
    facts: {
      hasNftVariant: nft.isUsable,
      hasLegacyVariant: legacy.isUsable,
      iptablesVariant: chosen?.variant ?? 'none',
      hasIpset: ipset === undefined,
      hasConntrack: conntrack === undefined,
    },
    missing,
  };
}

/** Undefined when the command worked, else why not. */
async function answerOf(runner: CommandRunner, command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const result = await runner.run(command, args);
    return result.exitCode === 0 ? undefined : result.stderr;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
