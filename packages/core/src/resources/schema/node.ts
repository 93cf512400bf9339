/** The schemas of Node, Namespace and ServiceAccount (v1). */
import { z } from 'zod';
import type { Namespace, Node, NodeAddress, ServiceAccount } from '../kinds/kubernetes';
import { cidr, ipAddress, list, optional, optionalText, readAt, structure } from './fields';
import type { ResourceBody } from './kind-schema';

const spec = z.object({ podCIDR: optionalText, podCIDRs: list(cidr) }).transform((raw, context): Node['spec'] => {
  if (raw.podCIDRs.length > 0 || raw.podCIDR === undefined) return { podCIDRs: raw.podCIDRs };
  const single = readAt(cidr, raw.podCIDR, context, ['podCIDR']);
  return { podCIDRs: single === undefined ? [] : [single] };
});

const nodeInfo = z
  .object({ architecture: optionalText, operatingSystem: optionalText })
  .transform(({ architecture, operatingSystem }) => ({
    ...(architecture !== undefined && { architecture }),
    ...(operatingSystem !== undefined && { operatingSystem }),
  }));

const status = z
  .object({ addresses: list(z.object({ type: z.string(), address: z.string() })), nodeInfo: optional(nodeInfo) })
  .transform((raw, context): Node['status'] => {
    const addresses = new Map<string, NodeAddress>();
    raw.addresses.forEach(({ type, address: text }, index) => {
      if (type !== 'InternalIP' && type !== 'ExternalIP') return;
      const address = readAt(ipAddress, text, context, ['addresses', index, 'address']);
      if (address !== undefined && !addresses.has(address)) addresses.set(address, { type, address, index });
    });
    return { addresses: [...addresses.values()], ...(raw.nodeInfo !== undefined && { nodeInfo: raw.nodeInfo }) };
  });

export const nodeBody: z.ZodType<ResourceBody<Node>> = z.object({ spec: structure(spec), status: structure(status) });

export const namespaceBody: z.ZodType<ResourceBody<Namespace>> = z.object({});

export const serviceAccountBody: z.ZodType<ResourceBody<ServiceAccount>> = z.object({});
