/** The schema of EndpointSlice (discovery.k8s.io/v1). */
import { z } from 'zod';
import { familyOf, type IpAddress, type Port } from '../../state';
import type { EndpointSlice, EndpointSliceEndpoint } from '../kinds/kubernetes';
import {
  list,
  optional,
  optionalText,
  port,
  readAt,
  refuse,
  refuseDuplicates,
  serviceProtocol,
  storedIpAddress,
  structure,
  text,
  truthValue,
} from './fields';
import type { ResourceBody } from './kind-schema';
import { labelName, subdomainName } from './metadata';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;

const optionalFlag = optional(truthValue);
const named = z.object({ name: z.string() });

const conditions = z
  .object({ ready: optionalFlag, serving: optionalFlag, terminating: optionalFlag })
  .transform(({ ready = true, serving = true, terminating = false }) => ({ ready, serving, terminating }));

const endpoint = z.object({
  addresses: z.array(z.string()).min(1).max(MAX_ADDRESSES),
  conditions: structure(conditions),
  nodeName: optionalText.pipe(subdomainName.optional()),
  zone: optionalText,
  hints: optional(z.object({ forZones: list(named), forNodes: list(named) })),
});

const slicePort = z
  .object({ name: text, protocol: serviceProtocol, port: optional(port) })
  .transform((raw, context): EndpointSlice['ports'][number] => {
    if (raw.name !== '') readAt(labelName, raw.name, context, ['name']);
    return portOf(raw);
  });

const serviceLabel = z.object({
  labels: structure(z.object({ 'kubernetes.io/service-name': z.unknown().optional() })),
});

export const endpointSliceBody: z.ZodType<ResourceBody<EndpointSlice>> = z
  .object({
    metadata: structure(serviceLabel),
    addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
    endpoints: list(endpoint),
    ports: list(slicePort),
  })
  .transform((raw, context): ResourceBody<EndpointSlice> => {
    const serviceName = raw.metadata.labels['kubernetes.io/service-name'];
    if (raw.endpoints.length > MAX_ENDPOINTS) refuse(context, ['endpoints'], `more than ${MAX_ENDPOINTS} endpoints`);
    if (raw.ports.length > MAX_PORTS) refuse(context, ['ports'], `more than ${MAX_PORTS} ports`);
    refuseDuplicates(
      context,
      raw.ports.map(({ name }) => name),
      (index) => ['ports', index, 'name'],
    );
    return {
      ...(typeof serviceName === 'string' && serviceName !== '' && { serviceName }),
      addressType: raw.addressType,
      ports: raw.ports,
      // Host names are no destinations of a dataplane.
      endpoints: raw.addressType === 'FQDN' ? [] : endpointsOf(raw.endpoints, raw.addressType, context),
    };
  });

function portOf({ port: number, ...rest }: { name: string; protocol: 'TCP' | 'UDP' | 'SCTP'; port: Port | undefined }) {
  return number === undefined ? rest : { ...rest, port: number };
}

function endpointsOf(
  raw: readonly z.infer<typeof endpoint>[],
  addressType: 'IPv4' | 'IPv6',
  context: z.RefinementCtx,
): readonly EndpointSliceEndpoint[] {
  const family = addressType === 'IPv4' ? 4 : 6;
  return raw.map(({ addresses, conditions: state, nodeName, zone, hints }, index) => ({
    addresses: addresses.flatMap((value, position): readonly IpAddress[] => {
      const path = ['endpoints', index, 'addresses', position];
      const address = readAt(storedIpAddress, value, context, path);
      if (address === undefined) return [];
      if (familyOf(address) !== family) refuse(context, path, `${address} is not an ${addressType} address`);
      return [address];
    }),
    conditions: state,
    ...(nodeName !== undefined && { nodeName }),
    ...(zone !== undefined && { zone }),
    ...(hints !== undefined && hints.forZones.length > 0 && { forZones: hints.forZones.map(({ name }) => name) }),
    ...(hints !== undefined && hints.forNodes.length > 0 && { forNodes: hints.forNodes.map(({ name }) => name) }),
  }));
}
