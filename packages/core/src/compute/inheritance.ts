/** What pods and network sets inherit from their namespace and service account, in Calico's label names. */
import type { Labels } from '../resources/metadata';

/** Before a namespace's label keys in the labels of what is in the namespace. */
export const NAMESPACE_PREFIX = 'pcns.';
/** Before a service account's label keys in the labels of its pods. */
export const SERVICE_ACCOUNT_PREFIX = 'pcsa.';
export const NAMESPACE_LABEL = 'projectcalico.org/namespace';
export const SERVICE_ACCOUNT_LABEL = 'projectcalico.org/serviceaccount';
export const ORCHESTRATOR_LABEL = 'projectcalico.org/orchestrator';
const NAME_LABEL = 'projectcalico.org/name';
const METADATA_NAME_LABEL = 'kubernetes.io/metadata.name';
const RESERVED = new Set([NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL, ORCHESTRATOR_LABEL]);

/** A parent whose labels follow from its key alone: where a workload belongs. `serviceAccount` may be empty. */
export function podParent(orchestrator: string, namespace: string, serviceAccount: string): string {
  return `pod/${namespace}/${serviceAccount}/${orchestrator}`;
}

/** As {@link podParent}, for a network set. */
export function networkSetParent(namespace: string): string {
  return `networkSet/${namespace}`;
}

export function namespaceProfile(namespace: string): string {
  return `kns.${namespace}`;
}

export function serviceAccountProfile(namespace: string, serviceAccount: string): string {
  return `ksa.${namespace}.${serviceAccount}`;
}

/** The profile follows from a namespace or service account, whatever a Profile object of its name says. */
export function isDerivedProfile(name: string): boolean {
  return name.startsWith('kns.') || name.startsWith('ksa.');
}

/** Labels that the contents of a namespace inherit from it. The name needs no object to be known. */
export function namespaceLabels(name: string, labels: Labels): Labels {
  return prefixed(NAMESPACE_PREFIX, { ...labels, [NAME_LABEL]: name, [METADATA_NAME_LABEL]: name });
}

/** Labels that pods inherit from their service account. */
export function serviceAccountLabels(name: string, labels: Labels): Labels {
  return prefixed(SERVICE_ACCOUNT_PREFIX, { ...labels, [NAME_LABEL]: name });
}

/** The labels of a parent of which no object is known. */
export function impliedLabels(parent: string): Labels {
  const [, namespace = '', serviceAccount = '', orchestrator = ''] = parent.split('/');
  if (parent.startsWith('pod/')) {
    return {
      [NAMESPACE_LABEL]: namespace,
      [ORCHESTRATOR_LABEL]: orchestrator,
      ...(serviceAccount !== '' && { [SERVICE_ACCOUNT_LABEL]: serviceAccount }),
    };
  }
  if (parent.startsWith('networkSet/')) return { [NAMESPACE_LABEL]: namespace };
  if (parent.startsWith('kns.')) return namespaceLabels(parent.slice('kns.'.length), {});
  const account = /^ksa\.[^.]+\.(.+)$/.exec(parent)?.[1];
  return account === undefined ? {} : serviceAccountLabels(account, {});
}

/**
 * An object's own labels without those that look inherited: nobody may claim a namespace's or service account's
 * labels by naming them on a pod.
 */
export function ownLabels(labels: Labels): Labels {
  return without(labels, (key) => key.startsWith(NAMESPACE_PREFIX) || key.startsWith(SERVICE_ACCOUNT_PREFIX));
}

/** As {@link ownLabels}, for what is no pod: also without the labels that only pods and members of namespaces have. */
export function unreservedLabels(labels: Labels): Labels {
  return without(ownLabels(labels), (key) => RESERVED.has(key));
}

function without(labels: Labels, isForged: (key: string) => boolean): Labels {
  if (!Object.keys(labels).some(isForged)) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !isForged(key)));
}

function prefixed(prefix: string, labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value]));
}
