/** The host's interfaces with their indexes and addresses, through `ip`. */
import { isIpAddress, parseIpAddress } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { EbpfError } from '../ebpf-error';
import type { HostInterface, HostInterfaces } from '../render/node-facts';

/** @throws EbpfError PP_EBPF_READ_FAILED */
export async function readHostInterfaces(runner: CommandRunner): Promise<HostInterfaces> {
  const { exitCode, stdout, stderr } = await runner.run('ip', ['-json', 'address', 'show']);
  if (exitCode !== 0) {
    throw new EbpfError('PP_EBPF_READ_FAILED', `ip address ended with ${exitCode}: ${stderr}`, { isRetriable: true });
  }
  // iproute2 prints `[]` or nothing when there is no interface.
  const links: unknown = JSON.parse(stdout.trim() === '' ? '[]' : stdout);
  return new Map((Array.isArray(links) ? links : []).flatMap((link: unknown) => readInterface(link)));
}

function readInterface(link: unknown): readonly (readonly [string, HostInterface])[] {
  if (!isRecord(link) || typeof link.ifname !== 'string' || typeof link.ifindex !== 'number') return [];
  const infos = Array.isArray(link.addr_info) ? link.addr_info : [];
  const texts = infos.map((info: unknown) => (isRecord(info) ? info.local : undefined));
  const addresses = texts.filter((text): text is string => typeof text === 'string' && isIpAddress(text));
  return [[link.ifname, { index: link.ifindex, addresses: addresses.map(parseIpAddress) }]];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
