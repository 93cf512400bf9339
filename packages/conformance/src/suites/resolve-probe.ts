/** Turns a probe as users write it into one whose sender and addresses are known. */
import {
  type FieldPath,
  familyOf,
  hasPorts,
  type IpAddress,
  type Pod,
  type Port,
  type Protocol,
  parseIpAddress,
  parsePort,
  parseProtocol,
} from '@polyplane/core';
import { type ClusterAddresses, portNamed } from './cluster-addresses';
import type { Expectation, SuiteProbe, SuiteSender } from './suite';
import type { ProbeFile } from './suite-schema';
import type { SuiteText } from './suite-text';

/** What a probe is resolved against. */
export interface ProbeContext {
  readonly text: SuiteText;
  readonly addresses: ClusterAddresses;
  /** The node that `kind: node` and `kind: localhost` mean. */
  readonly ownNode: string;
}

/** @throws ConformanceError PP_SUITE_INVALID with the field that means nothing in this cluster */
export function resolveProbe(context: ProbeContext, path: FieldPath, file: ProbeFile): SuiteProbe {
  const { text } = context;
  const protocol = text.readField([...path, 'to', 'protocol'], () => parseProtocol(file.to.protocol));
  const destination = destinationOf(context, path, file);
  const port = destinationPort(context, path, file, destination, protocol);
  const { sender, source } = senderOf(context, path, file, destination);
  return {
    name: file.name ?? nameOf(file, protocol),
    sender,
    source,
    isSpoofed: file.from.spoofed ?? false,
    ...(file.from.port !== undefined && { sourcePort: parsePort(file.from.port) }),
    destination,
    ...(port !== undefined && { destinationPort: port }),
    protocol,
    ...(file.to.icmp !== undefined && { icmp: icmpOf(file.to.icmp) }),
    expected: expectationOf(file.expect),
  };
}

/** A pod as a sender: by its own interface, or as a process of its node. */
export function podSender(pod: Pod): SuiteSender {
  const node = pod.spec.nodeName ?? '';
  if (pod.spec.hostNetwork) return { kind: 'node', node };
  return { kind: 'pod', node, namespace: pod.metadata.namespace ?? '', name: pod.metadata.name };
}

function destinationOf({ text, addresses }: ProbeContext, path: FieldPath, { to, from }: ProbeFile): IpAddress {
  const { ip, pod: name } = to;
  if (ip !== undefined) return text.readField([...path, 'to', 'ip'], () => parseIpAddress(ip));
  const pod = addresses.podNamed(name ?? '');
  const family = from.ip?.includes(':') === true ? 6 : undefined;
  const address = pod?.status.podIPs.find((podIp) => family === undefined || familyOf(podIp) === family);
  if (address === undefined) throw text.fault([...path, 'to', 'pod'], `no pod ${name} with such an address`);
  return address;
}

function destinationPort(
  { text, addresses }: ProbeContext,
  path: FieldPath,
  { to }: ProbeFile,
  destination: IpAddress,
  protocol: Protocol,
): Port | undefined {
  if (to.port === 0) return undefined;
  if (typeof to.port === 'number') return parsePort(to.port);
  if (to.port === undefined) {
    if (hasPorts(protocol)) throw text.fault([...path, 'to'], 'needs a port for this protocol');
    return undefined;
  }
  const pod = to.pod === undefined ? addresses.podAt(destination) : addresses.podNamed(to.pod);
  const port = pod === undefined ? undefined : portNamed(pod, to.port, protocol);
  if (port === undefined) throw text.fault([...path, 'to', 'port'], `the destination has no port named ${to.port}`);
  return port;
}

interface ResolvedSender {
  readonly sender: SuiteSender;
  readonly source: IpAddress;
}

function senderOf(context: ProbeContext, path: FieldPath, { from }: ProbeFile, destination: IpAddress): ResolvedSender {
  const { text, addresses, ownNode } = context;
  const given = from.ip;
  const source = given === undefined ? undefined : text.readField([...path, 'from', 'ip'], () => parseIpAddress(given));
  if (from.pod !== undefined) {
    const pod = addresses.podNamed(from.pod);
    if (pod === undefined) throw text.fault([...path, 'from', 'pod'], `no pod ${from.pod}`);
    return { sender: podSender(pod), source: source ?? ownAddress(context, path, pod.status.podIPs, destination) };
  }
  if (from.host !== undefined) return nodeSender(context, path, from.host, source, destination);
  if (source === undefined) throw text.fault([...path, 'from'], 'needs an ip');
  if (from.kind === 'node' || from.kind === 'localhost') {
    return nodeSender(context, path, addresses.nodeAt(source) ?? ownNode, source, destination);
  }
  const pod = from.kind === 'external' ? undefined : addresses.podAt(source);
  if (pod !== undefined) return { sender: podSender(pod), source };
  return { sender: from.kind === 'pod' ? { kind: 'unmanaged', node: ownNode } : { kind: 'external' }, source };
}

function nodeSender(
  context: ProbeContext,
  path: FieldPath,
  node: string,
  given: IpAddress | undefined,
  destination: IpAddress,
): ResolvedSender {
  const source = given ?? context.addresses.addressOfNode(node, familyOf(destination));
  if (source === undefined) throw context.text.fault([...path, 'from', 'host'], `no node ${node} with such an address`);
  return { sender: { kind: 'node', node }, source };
}

function ownAddress(
  { text }: ProbeContext,
  path: FieldPath,
  addresses: readonly IpAddress[],
  destination: IpAddress,
): IpAddress {
  const address = addresses.find((own) => familyOf(own) === familyOf(destination));
  if (address === undefined) throw text.fault([...path, 'from', 'pod'], 'has no address of the destination’s family');
  return address;
}

function nameOf({ from, to }: ProbeFile, protocol: Protocol): string {
  const sender = from.pod ?? from.host ?? from.ip;
  const sourcePort = from.port === undefined ? '' : ` port ${from.port}`;
  const port = to.port === undefined ? '' : `:${to.port}`;
  return `${sender}${sourcePort} -> ${to.pod ?? to.host ?? to.ip}${port}/${String(to.protocol ?? protocol)}`;
}

function icmpOf({ type, code }: NonNullable<ProbeFile['to']['icmp']>): SuiteProbe['icmp'] {
  return { type, ...(code !== undefined && { code }) };
}

function expectationOf(expect: ProbeFile['expect']): Expectation {
  return {
    ...(expect.verdict !== undefined && { verdict: expect.verdict }),
    ...(expect.untouched !== undefined && { isUntouched: expect.untouched }),
    ...(expect.dnatTo !== undefined && { translatedTo: [...expect.dnatTo].sort() }),
    ...(expect.snat !== undefined && { isMasqueraded: expect.snat }),
    ...(expect.affinity !== undefined && { affinityTimeoutSeconds: expect.affinity.timeoutSeconds }),
    ...(expect.accept !== undefined && { isAcceptedExplicitly: true }),
    ...(expect.replyBlocked !== undefined && { isReplyBlocked: expect.replyBlocked }),
    ...(expect.tiers !== undefined && { tiers: expect.tiers }),
  };
}
