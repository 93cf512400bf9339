/** What the settings of a cluster say together: the default FelixConfiguration, and which nodes run eBPF mode. */
import type { FelixConfiguration, Installation } from '../resources/kinds/settings';

export type FelixSpec = FelixConfiguration['spec'];

/** What one setting means in view of the others. */
export interface ClusterSettings {
  /** The configuration of every node that has none of its own. */
  readonly felix: FelixSpec;
  /** Whether nodes without a configuration of their own run eBPF mode. */
  readonly isEbpf: boolean;
  /** Whether nodes are known, or must be thought to be there, that run eBPF mode and others that do not. */
  readonly isMixed: boolean;
}

/** The name of the configuration of every node that has none of its own. */
const DEFAULT_FELIX_NAME = 'default';
const OF_NODE = 'node.';
const NOTHING_SET: FelixSpec = {};

/** @param nodes names of the nodes that may run eBPF mode; empty: none is known, and there is one without a configuration of its own */
export function clusterSettings(
  settings: readonly (FelixConfiguration | Installation)[],
  nodes: ReadonlySet<string>,
): ClusterSettings {
  const felixes = settings.filter((setting) => setting.kind === 'FelixConfiguration');
  const felix = felixes.find(({ metadata }) => metadata.name === DEFAULT_FELIX_NAME)?.spec ?? NOTHING_SET;
  // The operator hands its own choice to Felix, whose default configuration may not be among the objects.
  const isEbpf =
    felix.bpfEnabled ??
    settings.some(({ kind, spec }) => kind === 'Installation' && spec.calicoNetwork.linuxDataplane === 'BPF');
  const own = felixes.filter(({ metadata, spec }) => isOfNode(metadata.name) && spec.bpfEnabled !== undefined);
  const unlike = own.filter(({ spec }) => spec.bpfEnabled !== isEbpf);
  const known = unlike.filter(({ metadata }) => nodes.has(metadata.name.slice(OF_NODE.length)));
  const isEveryNodeUnlike = nodes.size > 0 && known.length === nodes.size && unlike.length === own.length;
  return { felix, isEbpf, isMixed: unlike.length > 0 && !isEveryNodeUnlike };
}

/** Whether a FelixConfiguration is one node's own. */
export function isOfNode(name: string): boolean {
  return name.startsWith(OF_NODE);
}
