/** Whether IPv6 of this host can be kept under policy, asked of the host itself. */
import type { IpFamily } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { commandOf, type IptablesVariant, trialArguments } from './variant';

/**
 * `usable`: ip6tables works, hence both families are programmed. `disabled`: it does not, but no interface speaks IPv6. `unusable`:
 * IPv6 would go past every policy.
 */
export type Ipv6Facts =
  | { readonly state: 'usable' }
  | { readonly state: 'disabled' | 'unusable'; readonly reason: string };

/** Asks for one variant; changes nothing. */
export async function readIpv6(runner: CommandRunner, variant: IptablesVariant): Promise<Ipv6Facts> {
  const reason = await readObstacle(runner, variant);
  if (reason === undefined) return { state: 'usable' };
  return { state: (await isDisabled(runner)) ? 'disabled' : 'unusable', reason };
}

/** The families that rules can and must be written for. */
export function programmedFamilies(ipv6: Ipv6Facts): readonly IpFamily[] {
  return ipv6.state === 'usable' ? [4, 6] : [4];
}

/** Every table that is written, and a match that only IPv6 has. */
const TRIAL = [
  '*raw\nCOMMIT\n*mangle\nCOMMIT\n*nat\nCOMMIT\n',
  '*filter\n-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT\nCOMMIT\n',
].join('');

async function readObstacle(runner: CommandRunner, variant: IptablesVariant): Promise<string | undefined> {
  try {
    const command = commandOf(6, variant, 'restore');
    const { exitCode, stderr } = await runner.run(command, trialArguments(variant), TRIAL);
    return exitCode === 0 ? undefined : `${command}: ${stderr}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** No such setting at all means a kernel without IPv6; else every interface, and every one to come, must have it off. */
async function isDisabled(runner: CommandRunner): Promise<boolean> {
  const { exitCode, stdout } = await runner.run('sysctl', ['-a', '-r', '^net\\.ipv6\\.conf\\..*\\.disable_ipv6$']);
  const values = stdout.split('\n').filter((line) => line.includes('='));
  return exitCode === 0 && values.every((line) => /= *1$/.test(line.trim()));
}
