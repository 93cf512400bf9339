/** What pods, host endpoints and nodes need of a dataplane. */
import { formatFieldPath } from '../resources/field-path';
import type { CalicoHostEndpoint } from '../resources/kinds/calico';
import type { CalicoWorkloadEndpoint } from '../resources/kinds/calico-workload';
import type { Node, Pod } from '../resources/kinds/kubernetes';
import { familyOf } from '../state';
import { isFinished } from './cluster-index';
import { type FieldFeature, familyFeatures } from './policy-features';

const FLOATING_IPS = 'cni.projectcalico.org/floatingIPs';
const OS_LABEL = 'kubernetes.io/os';
const ARCHITECTURE_LABEL = 'kubernetes.io/arch';

export function* podFeatures(pod: Pod): Iterable<FieldFeature> {
  const { metadata, spec, status } = pod;
  // A pod in the host's network has the node's addresses, and the node tells of them.
  if (spec.hostNetwork || isFinished(pod)) return;
  if (namesAddresses(metadata.annotations[FLOATING_IPS])) yield ['floatingIp', annotationField(FLOATING_IPS)];
  for (const [index, address] of status.podIPs.entries()) {
    // `podIP` is always the first of `podIPs`.
    if (familyOf(address) === 6) yield ['ipv6', index === 0 ? 'status.podIP' : `status.podIPs[${index}].ip`];
  }
}

/** The cluster's own record of a workload; its pod tells of its addresses. */
export function* workloadEndpointFeatures({ spec }: CalicoWorkloadEndpoint): Iterable<FieldFeature> {
  for (const index of spec.ipNATs.keys()) yield ['floatingIp', `spec.ipNATs[${index}]`];
}

export function* hostEndpointFeatures({ spec }: CalicoHostEndpoint): Iterable<FieldFeature> {
  yield ['hostEndpointPolicy', ''];
  for (const [index, address] of spec.expectedIPs.entries()) {
    if (familyOf(address) === 6) yield ['ipv6', `spec.expectedIPs[${index}]`];
  }
}

export function* nodeFeatures(node: Node): Iterable<FieldFeature> {
  const system = operatingSystemOf(node);
  if (system !== undefined && system.value !== 'linux') {
    yield ['hybridCluster', system.field];
    // A node that runs another dataplane asks nothing of this one.
    return;
  }
  const architecture = architectureOf(node);
  if (architecture !== undefined && architecture.value !== 'amd64') {
    yield [architecture.value === 'arm64' ? 'architectureArm64' : 'architectureOther', architecture.field];
  }
  yield* familyFeatures(node.spec.podCIDRs, 'spec.podCIDRs');
  for (const { address, index } of node.status.addresses) {
    if (familyOf(address) === 6) yield ['ipv6', `status.addresses[${index}].address`];
  }
}

/** Whether the kubelet or a label says that the node is no Linux machine. */
export function isForeignNode(node: Node): boolean {
  return (operatingSystemOf(node)?.value ?? 'linux') !== 'linux';
}

/** A setting as somebody wrote it. */
interface Written {
  readonly value: string;
  readonly field: string;
}

function operatingSystemOf({ metadata, status }: Node): Written | undefined {
  const told = status.nodeInfo?.operatingSystem;
  return told === undefined
    ? labelOf(metadata.labels, OS_LABEL)
    : { value: told, field: 'status.nodeInfo.operatingSystem' };
}

function architectureOf({ metadata, status }: Node): Written | undefined {
  const told = status.nodeInfo?.architecture;
  return told === undefined
    ? labelOf(metadata.labels, ARCHITECTURE_LABEL)
    : { value: told, field: 'status.nodeInfo.architecture' };
}

function labelOf(labels: Node['metadata']['labels'], key: string): Written | undefined {
  const value = labels[key];
  return value === undefined ? undefined : { value, field: formatFieldPath(['metadata', 'labels', key]) };
}

function annotationField(key: string): string {
  return formatFieldPath(['metadata', 'annotations', key]);
}

/** The annotation holds a JSON list of addresses; an empty list asks for nothing. */
function namesAddresses(annotation: string | undefined): boolean {
  if (annotation === undefined) return false;
  try {
    const list: unknown = JSON.parse(annotation);
    return Array.isArray(list) && list.length > 0;
  } catch {
    // Calico's CNI plugin reads no address from it either.
    return false;
  }
}
