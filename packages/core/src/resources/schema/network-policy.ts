/** The schema of NetworkPolicy (networking.k8s.io/v1). */
import { z } from 'zod';
import { type Cidr, cidrContains, familyOf, type PortRange, parsePortRange, splitCidr } from '../../state';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicyRule } from '../kinds/network-policy';
import {
  checked,
  list,
  optional,
  parsed,
  port,
  portName,
  readAt,
  refuse,
  refuseDuplicates,
  serviceProtocol,
  storedRange,
  structure,
} from './fields';
import type { ResourceBody } from './kind-schema';
import { labelSelector } from './label-selector';

const policyPort = z
  .object({
    protocol: serviceProtocol,
    port: optional(z.union([z.int(), z.string()], { error: 'expected a port number or a port name' })),
    endPort: optional(z.int()),
  })
  .transform((raw, context): NetworkPolicyPort => {
    if (raw.port === undefined || typeof raw.port === 'string') {
      if (raw.endPort !== undefined) refuse(context, ['endPort'], 'needs a numeric port');
      if (raw.port === undefined) return { protocol: raw.protocol };
      readAt(portName, raw.port, context, ['port']);
      return { protocol: raw.protocol, port: raw.port };
    }
    const range = portRangeOf(raw.port, raw.endPort ?? raw.port, context);
    return range === undefined ? z.NEVER : { protocol: raw.protocol, port: range };
  });

const ipBlock = z.object({ cidr: storedRange, except: list(storedRange) }).transform(
  checked((raw, context) => {
    raw.except.forEach((except, index) => {
      if (!isStrictlyWithin(except, raw.cidr)) {
        refuse(context, ['except', index], `${except} is not a part of ${raw.cidr}`);
      }
    });
  }),
);

const peer = z
  .object({
    ipBlock: optional(ipBlock),
    podSelector: optional(labelSelector),
    namespaceSelector: optional(labelSelector),
  })
  .transform((raw, context): NetworkPolicyPeer => {
    const { podSelector, namespaceSelector } = raw;
    const hasSelector = podSelector !== undefined || namespaceSelector !== undefined;
    if (raw.ipBlock !== undefined) {
      if (hasSelector) refuse(context, ['ipBlock'], 'stands alone, never beside a selector');
      return { ipBlock: raw.ipBlock };
    }
    if (!hasSelector) refuse(context, [], 'a peer needs an ipBlock, a podSelector or a namespaceSelector');
    return {
      ...(podSelector !== undefined && { podSelector }),
      ...(namespaceSelector !== undefined && { namespaceSelector }),
    };
  });

const ingressRule = z
  .object({ from: list(peer), ports: list(policyPort) })
  .transform(({ from, ports }): NetworkPolicyRule => ({ peers: from, ports }));

const egressRule = z
  .object({ to: list(peer), ports: list(policyPort) })
  .transform(({ to, ports }): NetworkPolicyRule => ({ peers: to, ports }));

export const networkPolicyFields = {
  podSelector: structure(labelSelector),
  ingress: list(ingressRule),
  egress: list(egressRule),
  policyTypes: list(z.enum(['Ingress', 'Egress'])),
};

type NetworkPolicyFields = z.infer<z.ZodObject<typeof networkPolicyFields>>;

export const networkPolicyBody: z.ZodType<ResourceBody<NetworkPolicy>> = z.object({
  spec: structure(z.object(networkPolicyFields).transform(networkPolicySpec)),
});

/** The spec with its defaults; what breaks a rule goes to `context`. */
export function networkPolicySpec(raw: NetworkPolicyFields, context: z.RefinementCtx): NetworkPolicy['spec'] {
  refuseDuplicates(context, raw.policyTypes, (index) => ['policyTypes', index]);
  return { ...raw, policyTypes: raw.policyTypes.length > 0 ? raw.policyTypes : inferredTypes(raw.egress) };
}

function portRangeOf(first: number, last: number, context: z.RefinementCtx): PortRange | undefined {
  if (readAt(port, first, context, ['port']) === undefined) return undefined;
  return readAt(
    parsed(z.int(), (end) => parsePortRange(first, end)),
    last,
    context,
    ['endPort'],
  );
}

function isStrictlyWithin(inner: Cidr, outer: Cidr): boolean {
  const { address, length } = splitCidr(inner);
  return familyOf(inner) === familyOf(outer) && length > splitCidr(outer).length && cidrContains(outer, address);
}

/** Ingress always; Egress where there are egress rules (NetworkPolicy API reference, `policyTypes`). */
function inferredTypes(egress: readonly NetworkPolicyRule[]): NetworkPolicy['spec']['policyTypes'] {
  return egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}
