/** The schemas of AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy (policy.networking.k8s.io). */
import { z } from 'zod';
import type { PortRange } from '../../state';
import type {
  AdminNetworkPolicy,
  BaselineAdminNetworkPolicy,
  ClusterNetworkPolicy,
  ClusterPolicyPort,
  ClusterPolicyRule,
} from '../kinds/cluster-policy';
import { destinationPeer, podSelection, sourcePeer } from './cluster-policy-peer';
import { boundedList, checked, oneOf, port, portName, refuse, serviceProtocol, structure, text } from './fields';
import type { ResourceBody } from './kind-schema';

const MAX_PRIORITY = 1000;
const MAX_ADMIN_RULES = 100;
const MAX_CLUSTER_RULES = 25;

const name = text.pipe(z.string().max(100));
const priority = z.int().min(0).max(MAX_PRIORITY);
const namedPort = portName.transform((value): ClusterPolicyPort => ({ kind: 'name', portName: value }));

const adminPort = oneOf<ClusterPolicyPort>({
  portNumber: z.object({ protocol: serviceProtocol, port }).transform(({ protocol, port: number }) => ({
    kind: 'numbers',
    protocol,
    protocolField: 'portNumber.protocol',
    ports: { first: number, last: number },
  })),
  portRange: z.object({ protocol: serviceProtocol, start: port, end: port }).transform((raw, context) => ({
    kind: 'numbers',
    protocol: raw.protocol,
    protocolField: 'portRange.protocol',
    ports: rangeOf(raw, context),
  })),
  namedPort,
});

/** The two directions of an AdminNetworkPolicy or a baseline one. */
function adminDirections(action: z.ZodType<ClusterPolicyRule['action']>) {
  const common = { name, action, ports: writtenList(adminPort, MAX_ADMIN_RULES) };
  const ingress = z
    .object({ ...common, from: z.array(sourcePeer).min(1).max(MAX_ADMIN_RULES) })
    .transform(({ from: peers, ...rest }): ClusterPolicyRule => ({ ...rest, peers }));
  const egress = z
    .object({ ...common, to: z.array(destinationPeer).min(1).max(MAX_ADMIN_RULES) })
    .transform(({ to: peers, ...rest }): ClusterPolicyRule => ({ ...rest, peers }))
    .transform(checked(refuseNamesOutside('ports')));
  return { ingress: boundedList(ingress, MAX_ADMIN_RULES), egress: boundedList(egress, MAX_ADMIN_RULES) };
}

export const adminNetworkPolicyBody: z.ZodType<ResourceBody<AdminNetworkPolicy>> = z.object({
  spec: z.object({ priority, subject: podSelection, ...adminDirections(z.enum(['Allow', 'Deny', 'Pass'])) }),
});

export const baselineAdminNetworkPolicyBody: z.ZodType<ResourceBody<BaselineAdminNetworkPolicy>> = z
  .object({
    metadata: structure(z.object({ name: z.unknown().optional() })),
    spec: z.object({ subject: podSelection, ...adminDirections(z.enum(['Allow', 'Deny'])) }),
  })
  .transform(({ metadata, spec }, context) => {
    if (metadata.name !== 'default') refuse(context, ['metadata', 'name'], 'the only baseline policy is named default');
    spec.egress.forEach(({ peers }, index) => {
      peers.forEach(({ kind }, position) => {
        if (kind !== 'domainNames') return;
        refuse(context, ['spec', 'egress', index, 'to', position], 'baseline policies have no domainNames');
      });
    });
    return { spec };
  });

const destinationPort = oneOf<PortRange>({
  number: port.transform((number) => ({ first: number, last: number })),
  range: z.object({ start: port, end: port }).transform((raw, context) => {
    if (raw.start === raw.end) refuse(context, ['end'], 'must be above start');
    return rangeOf(raw, context);
  }),
});

const clusterProtocol = oneOf<ClusterPolicyPort>({
  tcp: protocolMatch('TCP', 'tcp'),
  udp: protocolMatch('UDP', 'udp'),
  sctp: protocolMatch('SCTP', 'sctp'),
  destinationNamedPort: namedPort,
});

const clusterRule = {
  name,
  action: z.enum(['Accept', 'Deny', 'Pass']).transform((action) => (action === 'Accept' ? 'Allow' : action)),
  protocols: writtenList(clusterProtocol, MAX_CLUSTER_RULES),
};

const clusterIngress = z
  .object({ ...clusterRule, from: z.array(sourcePeer).min(1).max(MAX_CLUSTER_RULES) })
  .transform(({ from: peers, protocols: ports, ...rest }): ClusterPolicyRule => ({ ...rest, peers, ports }));

const clusterEgress = z
  .object({ ...clusterRule, to: z.array(destinationPeer).min(1).max(MAX_CLUSTER_RULES) })
  .transform(({ to: peers, protocols: ports, ...rest }): ClusterPolicyRule => ({ ...rest, peers, ports }))
  .transform(checked(refuseNamesOutside('protocols')));

export const clusterNetworkPolicyBody: z.ZodType<ResourceBody<ClusterNetworkPolicy>> = z.object({
  spec: z.object({
    tier: z.enum(['Admin', 'Baseline']),
    priority,
    subject: podSelection,
    ingress: boundedList(clusterIngress, MAX_CLUSTER_RULES),
    egress: boundedList(clusterEgress, MAX_CLUSTER_RULES),
  }),
});

/** A list that is absent or has entries. */
function writtenList<Out>(schema: z.ZodType<Out>, max: number) {
  return z
    .array(schema)
    .min(1)
    .max(max)
    .nullish()
    .transform((value): readonly Out[] => value ?? []);
}

function protocolMatch(protocol: 'TCP' | 'UDP' | 'SCTP', protocolField: 'tcp' | 'udp' | 'sctp') {
  return z
    .object({ destinationPort })
    .transform((raw): ClusterPolicyPort => ({ kind: 'numbers', protocol, protocolField, ports: raw.destinationPort }));
}

/** Ports have names in pods only. */
function refuseNamesOutside(field: 'ports' | 'protocols') {
  return ({ peers, ports }: ClusterPolicyRule, context: z.RefinementCtx): void => {
    const hasOutside = peers.some(({ kind }) => kind !== 'pods' && kind !== 'namespaces');
    ports.forEach(({ kind }, index) => {
      if (hasOutside && kind === 'name') refuse(context, [field, index], 'only pods have named ports');
    });
  };
}

function rangeOf(
  { start, end }: { start: PortRange['first']; end: PortRange['last'] },
  context: z.RefinementCtx,
): PortRange {
  if (start > end) refuse(context, ['end'], `${end} is below the start, ${start}`);
  return { first: start, last: end };
}
