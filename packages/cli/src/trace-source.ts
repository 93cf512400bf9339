/** The sender of a traced packet, as users write it, and the node that it is on. */
import { type IpAddress, parseIpAddress } from '@polyplane/core';
import { ownersOf } from './address-owners';
import { CliError } from './cli-error';
import { type Cluster, nodeOf, podOf } from './cluster';

/** Who sends the packet. `host`: a process of the node whose dataplane is asked. */
export type TraceSource =
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'host' }
  | { readonly kind: 'address'; readonly address: IpAddress };

/**
 * Reads `pod:NAMESPACE/NAME`, `node:NAME`, `host` or an IP address.
 * @throws CliError PP_CLI_USAGE
 */
export function parseTraceSource(text: string): TraceSource {
  if (text === 'host') return { kind: 'host' };
  const [, kind, namespace, name] = /^(pod|node):(?:([^/\s]+)\/)?([^/\s]+)$/.exec(text) ?? [];
  if (kind === 'pod' && namespace !== undefined && name !== undefined) return { kind, namespace, name };
  if (kind === 'node' && namespace === undefined && name !== undefined) return { kind, name };
  const address = addressIn(text);
  if (address !== undefined) return { kind: 'address', address };
  throw new CliError('PP_CLI_USAGE', `--from ${text} is none of pod:NAMESPACE/NAME, node:NAME, host and an IP address`);
}

/**
 * The node that the sender is on; undefined for one that is on no node of the cluster, or on whichever is asked.
 * @throws CliError PP_CLI_NODE_UNKNOWN, PP_CLI_POD_UNKNOWN
 */
export function senderNode(source: TraceSource, cluster: Cluster): string | undefined {
  switch (source.kind) {
    case 'host':
      return undefined;
    case 'node':
      return nodeOf(cluster, source.name).metadata.name;
    case 'pod':
      return podOf(cluster, source.namespace, source.name).spec.nodeName;
    case 'address':
      return ownersOf(cluster).get(source.address);
  }
}

function addressIn(text: string): IpAddress | undefined {
  try {
    return parseIpAddress(text);
  } catch {
    return undefined;
  }
}
