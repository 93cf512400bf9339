/** The host's interfaces and their addresses, through `ip`. */
import { type IpAddress, isIpAddress, parseIpAddress } from '@polyplane/core/address';
import type { CommandRunner } from './exec';
import { LinuxError } from './linux-error';

/**
 * Interface name -> its addresses.
 * @throws LinuxError PP_LINUX_COMMAND_FAILED
 */
export async function readHostLinks(runner: CommandRunner): Promise<ReadonlyMap<string, readonly IpAddress[]>> {
  const result = await runner.run('ip', ['-json', 'address', 'show']);
  if (result.exitCode !== 0) {
    throw new LinuxError('PP_LINUX_COMMAND_FAILED', `ip address ended with ${result.exitCode}: ${result.stderr}`);
  }
  const links = parseLinks(result.stdout);
  return new Map((Array.isArray(links) ? links : []).flatMap((link: unknown) => readLink(link)));
}

/** iproute2 prints `[]` or nothing when there is no interface. */
function parseLinks(text: string): unknown {
  try {
    return JSON.parse(text.trim() === '' ? '[]' : text);
  } catch (cause) {
    throw new LinuxError('PP_LINUX_COMMAND_FAILED', 'ip address printed less than a whole answer', { cause });
  }
}

function readLink(link: unknown): readonly (readonly [string, readonly IpAddress[]])[] {
  if (!isRecord(link) || typeof link.ifname !== 'string') return [];
  const infos = Array.isArray(link.addr_info) ? link.addr_info : [];
  const texts = infos.map((info: unknown) => (isRecord(info) ? info.local : undefined));
  const addresses = texts.filter((text): text is string => typeof text === 'string' && isIpAddress(text));
  return [[link.ifname, addresses.map(parseIpAddress)]];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
