/** The schemas of what cluster-wide policies select: their subjects and the peers of their rules. */
import { z } from 'zod';
import type { ClusterPodSelection, ClusterPolicyPeer } from '../kinds/cluster-policy';
import { oneOf, rangedCidr, structure, textOf } from './fields';
import { labelSelector } from './label-selector';

const MAX_NETWORKS = 25;
const MAX_DOMAIN_NAMES = 25;
const DOMAIN_NAME = /^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/;

const namespaces = labelSelector.transform(
  (namespaceSelector): ClusterPodSelection => ({ kind: 'namespaces', namespaceSelector }),
);

const pods = z
  .object({ namespaceSelector: structure(labelSelector), podSelector: structure(labelSelector) })
  .transform((selectors): ClusterPodSelection => ({ kind: 'pods', ...selectors }));

const nodes = labelSelector.transform((nodeSelector): ClusterPolicyPeer => ({ kind: 'nodes', nodeSelector }));

const networks = z
  .array(rangedCidr)
  .min(1)
  .max(MAX_NETWORKS)
  .transform((ranges): ClusterPolicyPeer => ({ kind: 'networks', networks: [...new Set(ranges)] }));

const domainNames = z
  .array(textOf((value) => value.length <= 253 && DOMAIN_NAME.test(value), 'a domain name'))
  .min(1)
  .max(MAX_DOMAIN_NAMES)
  .transform((names): ClusterPolicyPeer => ({ kind: 'domainNames', domainNames: names }));

export const podSelection = oneOf<ClusterPodSelection>({ namespaces, pods });
export const sourcePeer = oneOf<ClusterPolicyPeer>({ namespaces, pods });
export const destinationPeer = oneOf<ClusterPolicyPeer>({ namespaces, pods, nodes, networks, domainNames });
