/** Workloads in one form, whether a Pod, a Calico WorkloadEndpoint, or both describe them. */
import { z } from 'zod';
import type { CalicoWorkloadEndpoint } from '../resources/kinds/calico-workload';
import type { Pod } from '../resources/kinds/kubernetes';
import type { Labels } from '../resources/metadata';
import {
  type Cidr,
  type FloatingAddress,
  familyOf,
  type InterfaceName,
  type IpAddress,
  isIpAddress,
  type ObjectRef,
  parseCidr,
  parseIpAddress,
  parseProtocol,
  splitCidr,
} from '../state';
import { namespaceProfile, ownLabels, podParent, serviceAccountProfile } from './inheritance';
import type { Contribution } from './selected-members';

export interface WorkloadSpec {
  readonly ref: ObjectRef;
  readonly namespace: string;
  readonly name: string;
  readonly nodeName?: string;
  readonly labels: Labels;
  readonly parents: readonly string[];
  readonly profiles: readonly string[];
  readonly addresses: readonly IpAddress[];
  readonly ports: Contribution['ports'];
  /** Absent: the name follows from the workload's. */
  readonly interfaceName?: InterfaceName;
  /** Ranges that it may use as sources where the node's settings allow such. */
  readonly sourcePrefixes: readonly Cidr[];
  readonly floatingAddresses: readonly FloatingAddress[];
}

const FLOATING_IPS = 'cni.projectcalico.org/floatingIPs';
const SOURCE_PREFIXES = 'cni.projectcalico.org/allowedSourcePrefixes';

/** Undefined for a pod without an address of its own: host-network pods are the node itself, finished ones have given theirs back. */
export function workloadOfPod(pod: Pod, endpoint: CalicoWorkloadEndpoint | undefined): WorkloadSpec | undefined {
  const { metadata, spec, status, ref } = pod;
  const isFinished = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (spec.hostNetwork || isFinished || status.podIPs.length === 0) return undefined;
  const { namespace = '', name } = metadata;
  const account = spec.serviceAccountName;
  return {
    ref,
    namespace,
    name,
    ...(spec.nodeName !== undefined && { nodeName: spec.nodeName }),
    labels: ownLabels(metadata.labels),
    // A pod that names no service account runs under this one.
    parents: parentsOf('k8s', namespace, account ?? 'default'),
    profiles: [
      namespaceProfile(namespace),
      ...(account === undefined ? [] : [serviceAccountProfile(namespace, account)]),
    ],
    addresses: status.podIPs,
    ports: spec.ports.flatMap(({ name: portName, protocol, containerPort }) =>
      portName === undefined ? [] : [{ name: portName, protocol: parseProtocol(protocol), port: containerPort }],
    ),
    ...(endpoint !== undefined && { interfaceName: endpoint.spec.interfaceName }),
    sourcePrefixes: [
      ...readList(metadata.annotations[SOURCE_PREFIXES]).flatMap(readCidr),
      ...(endpoint?.spec.allowSpoofedSourcePrefixes ?? []),
    ],
    floatingAddresses: [...floatingOfPod(pod), ...floatingOfEndpoint(endpoint)],
  };
}

/** The workload of an endpoint that has no Pod object. */
export function workloadOfEndpoint(endpoint: CalicoWorkloadEndpoint, name: string): WorkloadSpec | undefined {
  const { metadata, spec, ref } = endpoint;
  if (spec.ipNetworks.length === 0) return undefined;
  const { namespace = '' } = metadata;
  return {
    ref,
    namespace,
    name,
    nodeName: spec.node,
    labels: ownLabels(metadata.labels),
    parents: [
      ...new Set([...parentsOf(spec.orchestrator, namespace, spec.serviceAccountName ?? ''), ...spec.profiles]),
    ],
    profiles: spec.profiles,
    addresses: spec.ipNetworks.map((network) => splitCidr(network).address),
    ports: spec.ports,
    interfaceName: spec.interfaceName,
    sourcePrefixes: spec.allowSpoofedSourcePrefixes,
    floatingAddresses: floatingOfEndpoint(endpoint),
  };
}

function parentsOf(orchestrator: string, namespace: string, account: string): readonly string[] {
  const place = podParent(orchestrator, namespace, account);
  return [place, namespaceProfile(namespace), ...(account === '' ? [] : [serviceAccountProfile(namespace, account)])];
}

/** A floating address stands for the pod's address of its family. */
function floatingOfPod({ metadata, status }: Pod): WorkloadSpec['floatingAddresses'] {
  return readList(metadata.annotations[FLOATING_IPS])
    .filter(isIpAddress)
    .flatMap((text) => {
      const address = parseIpAddress(text);
      const target = status.podIPs.find((own) => familyOf(own) === familyOf(address));
      return target === undefined ? [] : [{ address, target }];
    });
}

function floatingOfEndpoint(endpoint: CalicoWorkloadEndpoint | undefined): WorkloadSpec['floatingAddresses'] {
  return (endpoint?.spec.ipNATs ?? []).map(({ externalIP, internalIP }) => ({
    address: externalIP,
    target: internalIP,
  }));
}

/** A JSON list of texts, as CNI annotations hold it; anything else counts as empty. */
function readList(annotation: string | undefined): readonly string[] {
  if (annotation === undefined) return [];
  try {
    return z.array(z.string()).catch([]).parse(JSON.parse(annotation));
  } catch {
    // Calico's CNI plugin would have refused such a pod; it has none of these addresses.
    return [];
  }
}

function readCidr(text: string): readonly Cidr[] {
  try {
    return [parseCidr(text)];
  } catch {
    // As above.
    return [];
  }
}
