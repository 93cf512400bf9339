/** The host's interfaces and their addresses, through `ip`. */
import { isIpAddress, parseIpAddress } from '@polyplane/core/backend';
import { IptablesError } from '../iptables-error';
import type { HostLinks } from '../render/host-links';
import type { CommandRunner } from './exec';

/** @throws IptablesError PP_IPTABLES_READ_FAILED */
export async function readHostLinks(runner: CommandRunner): Promise<HostLinks> {
  const result = await runner.run('ip', ['-json', 'address', 'show']);
  if (result.exitCode !== 0) {
    throw new IptablesError('PP_IPTABLES_READ_FAILED', `ip address ended with ${result.exitCode}: ${result.stderr}`, {
      isRetriable: true,
    });
  }
  // iproute2 prints `[]` or nothing when there is no interface.
  const links: unknown = JSON.parse(result.stdout.trim() === '' ? '[]' : result.stdout);
  return new Map((Array.isArray(links) ? links : []).flatMap((link: unknown) => readLink(link)));
}

function readLink(link: unknown): readonly (readonly [string, readonly ReturnType<typeof parseIpAddress>[]])[] {
  if (!isRecord(link) || typeof link.ifname !== 'string') return [];
  const infos = Array.isArray(link.addr_info) ? link.addr_info : [];
  const texts = infos.map((info: unknown) => (isRecord(info) ? info.local : undefined));
  const addresses = texts.filter((text): text is string => typeof text === 'string' && isIpAddress(text));
  return [[link.ifname, addresses.map(parseIpAddress)]];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
