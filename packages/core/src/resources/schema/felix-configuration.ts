/** The schema of Calico's FelixConfiguration: what the dataplane reads of it. */
import { z } from 'zod';
import { familyOf, type Port, type PortRange, parseProtocol } from '../../state';
import type { FelixConfiguration, ProtoPort } from '../kinds/settings';
import { calicoPort, net } from './calico-fields';
import { felixSyntax } from './felix-syntax';
import {
  cidr,
  ipAddress,
  optional,
  optionalText,
  port,
  readAt,
  refuse,
  structure,
  suchThat,
  truthValue,
  withoutAbsent,
  word,
} from './fields';
import type { ResourceBody } from './kind-schema';

const MAX_NODE_PORT_RANGES = 7;

/** A port of 0 is legal and means none. */
export const protoPort = z.object({
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).transform(parseProtocol),
  port: z.int().min(0).max(65535),
  net: optionalText.pipe(net.optional()),
});

const failsafePorts = optional(z.array(protoPort)).transform((ports) =>
  ports
    ?.filter((entry) => entry.port !== 0)
    // A number of 1-65535 is a port.
    .map((entry): ProtoPort => withoutAbsent({ ...entry, port: entry.port as Port })),
);

const numericPort = calicoPort.transform((value, context): PortRange => {
  if (typeof value !== 'string') return value;
  refuse(context, [], 'a port number or first:last is wanted, no name');
  return z.NEVER;
});

const ipv4Address = ipAddress.transform(suchThat((address) => familyOf(address) === 4, 'is not an IPv4 address'));
const ipv4Range = cidr.transform(suchThat((range) => familyOf(range) === 4, 'is not an IPv4 range'));
const optionalFlag = optional(truthValue);

const spec = z
  .object({
    failsafeInboundHostPorts: failsafePorts,
    failsafeOutboundHostPorts: failsafePorts,
    defaultEndpointToHostAction: word(['Drop', 'Return', 'Accept'], 'anyCase'),
    iptablesFilterDenyAction: word(['Drop', 'Reject'], 'anyCase'),
    iptablesFilterAllowAction: word(['Accept', 'Return'], 'anyCase'),
    iptablesMangleAllowAction: word(['Accept', 'Return'], 'anyCase'),
    chainInsertMode: word(['Insert', 'Append'], 'anyCase'),
    serviceLoopPrevention: word(['Drop', 'Reject', 'Disabled']),
    ipForwarding: word(['Enabled', 'Disabled']),
    workloadSourceSpoofing: word(['Disabled', 'Any']),
    floatingIPs: word(['Enabled', 'Disabled']),
    ipv6Support: optionalFlag,
    interfacePrefix: optionalText.transform((value) => value?.split(',').map((prefix) => prefix.trim())),
    wireguardEnabled: optionalFlag,
    wireguardEnabledV6: optionalFlag,
    wireguardHostEncryptionEnabled: optionalFlag,
    bpfEnabled: optionalFlag,
    bpfExternalServiceMode: word(['Tunnel', 'DSR'], 'anyCase'),
    allowVXLANPacketsFromWorkloads: optionalFlag,
    allowIPIPPacketsFromWorkloads: optionalFlag,
    ipipEnabled: optionalFlag,
    vxlanEnabled: optionalFlag,
    vxlanPort: optional(port),
    vxlanVNI: optional(z.int()),
    natOutgoingAddress: optionalText.pipe(ipv4Address.optional()),
    natPortRange: optional(numericPort),
    natOutgoingExclusions: word(['IPPoolsOnly', 'IPPoolsAndHostIPs']),
    externalNodesList: optional(z.array(ipv4Range)),
    kubeNodePortRanges: optional(z.array(numericPort).max(MAX_NODE_PORT_RANGES)),
  })
  .transform((raw): FelixConfiguration['spec'] => withoutAbsent(raw));

export const felixConfigurationBody: z.ZodType<ResourceBody<FelixConfiguration>> = z
  .looseObject({ metadata: structure(z.object({ name: z.unknown().optional() })), spec: z.unknown().optional() })
  .transform((raw, context): ResourceBody<FelixConfiguration> => {
    const { name } = raw.metadata;
    const syntax = readAt(felixSyntax, raw.spec ?? {}, context, ['spec']);
    const isFixed = name === 'default' || (typeof name === 'string' && name.startsWith('node.'));
    if (isFixed && syntax?.nodeSelector !== undefined) {
      refuse(context, ['spec', 'nodeSelector'], `${name} says by its name which nodes it is for`);
    }
    const fields = readAt(spec, raw.spec ?? {}, context, ['spec']);
    return fields === undefined ? z.NEVER : { spec: fields };
  });
