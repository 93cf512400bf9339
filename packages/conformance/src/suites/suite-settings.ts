/** Reads the settings of a suite. */
import { type FieldPath, parseCidr, parseIpAddress, parsePort, parseProtocol } from '@polyplane/core';
import type { HostTranslationSpec, SuiteSettings } from './suite';
import type { SettingsFile } from './suite-schema';
import type { SuiteText } from './suite-text';

/** @throws ConformanceError PP_SUITE_INVALID */
export function parseSettings(text: SuiteText, path: FieldPath, file: SettingsFile): SuiteSettings {
  const read = <T>(field: string, reader: () => T): T => text.readField([...path, field], reader);
  const { clusterCIDR, nodePortAddresses, nodeLocalAddresses, dnat, hostInputPolicy } = file;
  return {
    ...(clusterCIDR && { clusterCidrs: read('clusterCIDR', () => clusterCIDR.split(',').map(parseCidr)) }),
    ...(file.localDetector && { localDetector: file.localDetector }),
    ...(file.masqueradeAll !== undefined && { masqueradeAll: file.masqueradeAll }),
    ...(nodePortAddresses && { nodePortAddresses: read('nodePortAddresses', () => nodePortAddresses.map(parseCidr)) }),
    ...(file.localhostNodePorts !== undefined && { localhostNodePorts: file.localhostNodePorts }),
    ...(nodeLocalAddresses && {
      nodeLocalAddresses: read('nodeLocalAddresses', () => nodeLocalAddresses.map(parseIpAddress)),
    }),
    ...(file.ipFamily && { ipFamily: file.ipFamily === 'IPv6' ? 6 : 4 }),
    ...(file.conntrackTCPBeLiberal !== undefined && { isConntrackLiberal: file.conntrackTCPBeLiberal }),
    ...(hostInputPolicy && { hostInputPolicy: hostInputPolicy === 'DROP' ? 'drop' : 'accept' }),
    ...(dnat && { hostTranslations: read('dnat', () => dnat.map(parseTranslation)) }),
    ...(file.featureGates && { featureGates: file.featureGates }),
    ...(file.dataplane && { dataplane: file.dataplane }),
  };
}

function parseTranslation(rule: NonNullable<SettingsFile['dnat']>[number]): HostTranslationSpec {
  return {
    protocol: parseProtocol(rule.protocol),
    from: parseAddressAndPort(rule.from),
    to: parseAddressAndPort(rule.to),
  };
}

function parseAddressAndPort(text: string): HostTranslationSpec['from'] {
  const colon = text.lastIndexOf(':');
  const address = parseIpAddress(text.slice(0, colon).replace(/^\[|\]$/g, ''));
  return { address, port: parsePort(Number(text.slice(colon + 1))) };
}
