/** What this host offers to the backend, asked of the host itself. */
import type { IpFamily, LimitTable, MissingFact, NodeFacts } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { readAffinityLimit } from './affinity-limit';
import { type Ipv6Facts, programmedFamilies, readIpv6 } from './ipv6';
import {
  chooseVariant,
  commandOf,
  type IptablesVariant,
  readVariant,
  trialArguments,
  VARIANTS,
  type VariantFacts,
} from './variant';

/** What was found out about a host. */
export interface HostSurvey {
  /** The variant to use; absent: none works. */
  readonly variant?: IptablesVariant;
  /** The families to program. */
  readonly families: readonly IpFamily[];
  readonly facts: NodeFacts;
}

/** Asks the host; changes nothing. `wanted` is the user's choice. */
export async function surveyHost(runner: CommandRunner, wanted: 'auto' | IptablesVariant): Promise<HostSurvey> {
  const read = await Promise.all(VARIANTS.map((variant) => readVariant(runner, variant)));
  const { chosen, variants } = await chooseVariant(runner, wanted, read);
  const [ipv6, ipset, conntrack, ip, isForwarding] = await Promise.all([
    chosen === undefined ? UNKNOWN_IPV6 : readIpv6(runner, chosen.variant),
    obstacleOf(runner, 'ipset', ['save']),
    obstacleOf(runner, 'conntrack', ['-C']),
    obstacleOf(runner, 'ip', ['-json', 'address', 'show']),
    readForwarding(runner),
  ]);
  const lacking = chosen === undefined ? [] : await readLackingMatches(runner, chosen.variant);
  // After the matches were tried, which loads their modules.
  const affinity = await readAffinityLimit(runner);
  const missing: MissingFact[] = [];
  if (chosen === undefined) missing.push(missingVariant(wanted, variants));
  else if (ipv6.state === 'unusable') missing.push(missingIpv6(ipv6.reason));
  if (ipset !== undefined) missing.push({ what: `ipset: ${ipset}`, remedy: 'install the Debian package ipset' });
  if (conntrack !== undefined) {
    missing.push({ what: `conntrack: ${conntrack}`, remedy: 'install the Debian package conntrack' });
  }
  if (ip !== undefined) missing.push({ what: `ip: ${ip}`, remedy: 'install the Debian package iproute2' });
  for (const name of lacking) {
    missing.push({ what: `the match ${name} of netfilter`, remedy: `load or build the kernel module xt_${name}` });
  }
  return {
    ...(chosen === undefined ? {} : { variant: chosen.variant }),
    families: programmedFamilies(ipv6),
    facts: {
      backend: 'iptables',
      facts: {
        hasNftVariant: isUsable(variants, 'nft'),
        hasLegacyVariant: isUsable(variants, 'legacy'),
        iptablesVariant: chosen?.variant ?? 'none',
        ipv6: ipv6.state,
        hasIpset: ipset === undefined,
        hasConntrack: conntrack === undefined,
        hasMatches: lacking.length === 0,
        isForwarding,
      },
      missing,
      limits: [...(ipv6.state === 'disabled' ? IPV6_DISABLED : []), ...affinity],
    },
  };
}

/** Without a variant there is nobody to ask, and nothing will be opened. */
const UNKNOWN_IPV6: Ipv6Facts = { state: 'unusable', reason: 'iptables does not work' };

const IPV6_DISABLED: LimitTable = [
  {
    code: 'PP_LIMIT_IPTABLES_IPV6',
    feature: 'ipv6',
    support: 'unsupported',
    effect: 'objectIgnored',
    message: 'IPv6 is switched off on this host and ip6tables does not work: IPv6 addresses and services are left out.',
    remedy: 'Make ip6tables work (its kernel modules), switch IPv6 on, and start again.',
    source: 'probe of the host: ip6tables-restore --test, net.ipv6.conf.*.disable_ipv6',
  },
];

/** The matches that rules of this backend use, each with arguments that make it valid. */
const MATCHES: Readonly<Record<string, string>> = {
  addrtype: '-m addrtype --dst-type LOCAL',
  conntrack: '-m conntrack --ctstate NEW',
  mark: '-m mark --mark 0x1/0x1',
  multiport: '-p tcp -m multiport --dports 1,2',
  recent: '-m recent --rcheck --name polyplane',
  statistic: '-m statistic --mode random --probability 0.5',
};

function missingVariant(wanted: 'auto' | IptablesVariant, variants: readonly VariantFacts[]): MissingFact {
  const asked = variants.filter(({ variant }) => wanted === 'auto' || variant === wanted);
  return {
    what: asked.map(({ variant, reason }) => `iptables-${variant}: ${reason}`).join('; '),
    remedy: 'run as root (CAP_NET_ADMIN), with the Debian package iptables installed',
  };
}

/** Workloads would speak IPv6 past every policy. */
function missingIpv6(reason: string): MissingFact {
  return {
    what: `IPv6 filtering, though IPv6 is on: ${reason}`,
    remedy: 'load the kernel modules of ip6tables, or switch IPv6 off: sysctl -w net.ipv6.conf.all.disable_ipv6=1',
  };
}

function isUsable(variants: readonly VariantFacts[], variant: IptablesVariant): boolean {
  return variants.some((facts) => facts.variant === variant && facts.isUsable);
}

/** All at once when all are there; else one by one, to know which are not. */
async function readLackingMatches(runner: CommandRunner, variant: IptablesVariant): Promise<readonly string[]> {
  const isAccepted = async (names: readonly string[]): Promise<boolean> => {
    const rules = names.map((name) => `-A INPUT ${MATCHES[name]} -j ACCEPT\n`).join('');
    const { exitCode } = await runner.run(
      commandOf(4, variant, 'restore'),
      trialArguments(variant),
      `*filter\n${rules}COMMIT\n`,
    );
    return exitCode === 0;
  };
  const names = Object.keys(MATCHES);
  if (await isAccepted(names)) return [];
  const lacking: string[] = [];
  for (const name of names) if (!(await isAccepted([name]))) lacking.push(name);
  return lacking;
}

async function readForwarding(runner: CommandRunner): Promise<boolean> {
  const { stdout } = await runner.run('sysctl', ['-n', 'net.ipv4.ip_forward']);
  return stdout.trim() === '1';
}

/** Undefined when the command works, else why not. */
async function obstacleOf(
  runner: CommandRunner,
  command: string,
  args: readonly string[],
): Promise<string | undefined> {
  try {
    const result = await runner.run(command, args);
    return result.exitCode === 0 ? undefined : result.stderr;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
