/** The schema of Service (v1), with the rules that tie its fields together. */
import { z } from 'zod';
import { familyOf, type IpAddress, type IpFamily } from '../../state';
import type { Service } from '../kinds/kubernetes';
import {
  choice,
  flag,
  list,
  optional,
  optionalText,
  port,
  readAt,
  refuse,
  refuseDuplicates,
  serviceProtocol,
  storedCidr,
  storedIpAddress,
  structure,
  text,
  word,
} from './fields';
import type { ResourceBody } from './kind-schema';
import { labelName } from './metadata';

const DEFAULT_AFFINITY_SECONDS = 10_800;
const MAX_AFFINITY_SECONDS = 86_400;

/** 0 and absent: none. */
const optionalPort = z
  .unknown()
  .optional()
  .transform((value) => (value === 0 ? undefined : value))
  .pipe(optional(port));

const servicePort = z
  .object({ name: text, protocol: serviceProtocol, port, nodePort: optionalPort })
  .transform(({ nodePort, ...rest }, context): Service['spec']['ports'][number] => {
    if (rest.name !== '') readAt(labelName, rest.name, context, ['name']);
    return nodePort === undefined ? rest : { ...rest, nodePort };
  });

const familyName = z.enum(['IPv4', 'IPv6']).transform((name): IpFamily => (name === 'IPv4' ? 4 : 6));

/** The API server forgives blanks around these. */
const sourceRange = z
  .string()
  .transform((value) => value.trim())
  .pipe(storedCidr);

const fields = z.object({
  type: choice(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'], 'ClusterIP'),
  clusterIP: optionalText,
  clusterIPs: list(z.string()),
  ipFamilies: list(familyName),
  ipFamilyPolicy: word(['SingleStack', 'PreferDualStack', 'RequireDualStack']),
  ports: list(servicePort),
  externalIPs: list(storedIpAddress),
  sessionAffinity: choice(['None', 'ClientIP'], 'None'),
  sessionAffinityConfig: structure(
    z.object({ clientIP: structure(z.object({ timeoutSeconds: optional(z.int().min(1).max(MAX_AFFINITY_SECONDS)) })) }),
  ),
  internalTrafficPolicy: choice(['Cluster', 'Local'], 'Cluster'),
  externalTrafficPolicy: choice(['Cluster', 'Local'], 'Cluster'),
  healthCheckNodePort: optionalPort,
  loadBalancerSourceRanges: list(sourceRange),
  loadBalancerClass: optionalText,
  trafficDistribution: optionalText,
  publishNotReadyAddresses: flag,
});
type Fields = z.infer<typeof fields>;

const spec = fields.transform((raw, context): Service['spec'] => {
  const clusterIPs = clusterIpsOf(raw, context);
  refuseBadPorts(raw, context);
  return {
    type: raw.type,
    clusterIPs,
    isHeadless: isHeadless(raw),
    ipFamilies: raw.ipFamilies.length > 0 ? raw.ipFamilies : clusterIPs.length > 0 ? clusterIPs.map(familyOf) : [4],
    ...(raw.ipFamilyPolicy !== undefined && { ipFamilyPolicy: raw.ipFamilyPolicy }),
    ports: raw.ports,
    externalIPs: raw.externalIPs,
    sessionAffinity: raw.sessionAffinity,
    affinityTimeoutSeconds: raw.sessionAffinityConfig.clientIP.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS,
    internalTrafficPolicy: raw.internalTrafficPolicy,
    externalTrafficPolicy: raw.externalTrafficPolicy,
    ...(raw.healthCheckNodePort !== undefined && { healthCheckNodePort: raw.healthCheckNodePort }),
    loadBalancerSourceRanges: raw.loadBalancerSourceRanges,
    ...(raw.loadBalancerClass !== undefined && { loadBalancerClass: raw.loadBalancerClass }),
    ...(raw.trafficDistribution !== undefined && { trafficDistribution: raw.trafficDistribution }),
    publishNotReadyAddresses: raw.publishNotReadyAddresses,
  };
});

const ingress = z
  .object({ ip: optional(storedIpAddress), ipMode: choice(['VIP', 'Proxy'], 'VIP') })
  .transform(({ ip, ipMode }) => (ip === undefined ? { ipMode } : { ip, ipMode }));

const status = z
  .object({ loadBalancer: structure(z.object({ ingress: list(ingress) })) })
  .transform(({ loadBalancer }): Service['status'] => ({ loadBalancer: loadBalancer.ingress }));

export const serviceBody: z.ZodType<ResourceBody<Service>> = z.object({
  spec: structure(spec),
  status: structure(status),
});

/** `clusterIPs`, or `clusterIP` alone; `None` (headless) and not yet allocated are no address. */
function clusterIpsOf(raw: Fields, context: z.RefinementCtx): readonly IpAddress[] {
  const texts = raw.clusterIPs.length > 0 ? raw.clusterIPs : raw.clusterIP === undefined ? [] : [raw.clusterIP];
  const field = raw.clusterIPs.length > 0 ? 'clusterIPs' : 'clusterIP';
  const pathOf = (index: number) => (field === 'clusterIPs' ? [field, index] : [field]);
  if (raw.clusterIP !== undefined && raw.clusterIP !== texts[0]) {
    refuse(context, ['clusterIPs', 0], 'is not clusterIP');
  }
  if (raw.type === 'ExternalName' || (texts.length === 1 && (texts[0] === 'None' || texts[0] === ''))) return [];
  const addresses = texts.flatMap((value, index) => readAt(storedIpAddress, value, context, pathOf(index)) ?? []);
  if (new Set(addresses.map(familyOf)).size < addresses.length) {
    refuse(context, ['clusterIPs'], 'more than one address of an IP family');
  }
  return addresses;
}

function isHeadless({ clusterIP, clusterIPs }: Fields): boolean {
  return clusterIP === 'None' || clusterIPs[0] === 'None';
}

function refuseBadPorts(raw: Fields, context: z.RefinementCtx): void {
  const { type, ports } = raw;
  if (ports.length === 0 && !isHeadless(raw) && type !== 'ExternalName') refuse(context, ['ports'], 'needs a port');
  ports.forEach((entry, index) => {
    if (ports.length > 1 && entry.name === '') {
      refuse(context, ['ports', index, 'name'], 'needs a name where there are several ports');
    }
  });
  refuseDuplicates(
    context,
    ports.map(({ name }) => (name === '' ? undefined : name)),
    (index) => ['ports', index, 'name'],
  );
  refuseDuplicates(
    context,
    ports.map((entry) => `${entry.port}/${entry.protocol}`),
    (index) => ['ports', index, 'port'],
  );
  refuseDuplicates(
    context,
    ports.map((entry) => entry.nodePort && `${entry.nodePort}/${entry.protocol}`),
    (index) => ['ports', index, 'nodePort'],
  );
}
