/** What manifests say of pods and endpoints that only a running cluster has: pod templates of workloads, and what services select. */
import { z } from 'zod';
import type { ObjectRef } from '../state';
import type { Pod } from './kinds/kubernetes';
import type { Labels } from './metadata';
import { readResource } from './parse';
import { list, structure } from './schema/fields';
import { labels } from './schema/metadata';

/** A workload's pods as they will be, without node and address. */
export interface PodTemplate {
  /** The Deployment, StatefulSet, DaemonSet, ReplicaSet, Job or CronJob. */
  readonly workload: ObjectRef;
  /** Of the workload's name and namespace, with the template's labels. */
  readonly pod: Pod;
  /** How many are asked for; absent: the manifest does not say. */
  readonly replicas?: number;
}

/** Which pods a Service sends to, and to which of their ports. */
export interface ServiceTarget {
  readonly service: ObjectRef;
  /** Never empty. */
  readonly selector: Labels;
  readonly isHeadless: boolean;
  /** In the order of the service's ports: a number, or the name of a container's port; absent: the service's own number. */
  readonly targetPorts: readonly (number | string | undefined)[];
}

/** What stands in for pods and endpoints that a set of manifests does not have. */
export interface StandIns {
  readonly templates: readonly PodTemplate[];
  readonly targets: readonly ServiceTarget[];
}

const WORKLOADS: ReadonlySet<string> = new Set([
  'apps/v1/Deployment',
  'apps/v1/StatefulSet',
  'apps/v1/DaemonSet',
  'apps/v1/ReplicaSet',
  'batch/v1/Job',
]);
const CRON_JOB = 'batch/v1/CronJob';

const workloadBody = z.object({
  spec: z.object({
    replicas: z.int().nullish(),
    template: z.object({ metadata: structure(z.object({ labels })), spec: z.unknown() }),
  }),
});
const cronJobBody = z.object({ spec: z.object({ jobTemplate: z.unknown() }) });
const head = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().nullish() }),
});

/**
 * The pods of a workload's object as a parser gives it; undefined for any other object, and where the template is no whole one:
 * what cannot be read stands in for nothing.
 */
export function readPodTemplate(raw: unknown): PodTemplate | undefined {
  const type = head.safeParse(raw);
  if (!type.success) return undefined;
  const { apiVersion, kind, metadata } = type.data;
  const name = `${apiVersion}/${kind}`;
  const body = workloadBody.safeParse(name === CRON_JOB ? cronJobBody.safeParse(raw).data?.spec.jobTemplate : raw);
  if (!(WORKLOADS.has(name) || name === CRON_JOB) || !body.success) return undefined;
  const { replicas, template } = body.data.spec;
  const namespace = metadata.namespace || 'default';
  const standIn = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: metadata.name, namespace, labels: template.metadata.labels },
    spec: template.spec,
  };
  const pod = readResource(standIn, 'ignore');
  if (pod.outcome !== 'resource' || pod.resource.kind !== 'Pod') return undefined;
  return {
    workload: { apiVersion, kind, namespace, name: metadata.name },
    pod: pod.resource,
    ...(typeof replicas === 'number' && { replicas }),
  };
}

const serviceBody = z.object({
  spec: z.object({
    selector: labels,
    clusterIP: z.string().nullish(),
    clusterIPs: list(z.string()),
    ports: list(z.object({ targetPort: z.union([z.number(), z.string()]).nullish() })),
  }),
});

/** Of the object of a Service that was read as `service`; undefined where it selects nothing. */
export function readServiceTarget(raw: unknown, service: ObjectRef): ServiceTarget | undefined {
  const body = serviceBody.safeParse(raw);
  if (!body.success || Object.keys(body.data.spec.selector).length === 0) return undefined;
  const { selector, clusterIP, clusterIPs, ports } = body.data.spec;
  return {
    service,
    selector,
    isHeadless: clusterIP === 'None' || clusterIPs[0] === 'None',
    // 0 is what the API server reads as absent.
    targetPorts: ports.map(({ targetPort }) => targetPort || undefined),
  };
}
