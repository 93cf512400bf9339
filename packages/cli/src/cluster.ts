/** The cluster that a command is given, and what one of its nodes must do. */
import {
  ComputeGraph,
  type CoreErrorCode,
  DesiredStateStore,
  type IpAddress,
  keyOfResource,
  type ObjectRef,
  type Resource,
  type ResourceKey,
  type ResourceOf,
  type ResourceProblem,
  resourceKey,
  type SourceLocation,
} from '@polyplane/core';
import type { ReadObjects } from './check/read-objects';
import { CliError } from './cli-error';
import { type ClusterInput, readClusterInput } from './cluster-input';
import { formatNearNames } from './near-names';
import { policiesOutOfForce } from './policies-out-of-force';
import { isWarning, reportProblem } from './report-error';
import type { Locate } from './trace-report';

/** Every object that was read. Of objects of one key the last one counts. */
export interface Cluster {
  readonly objects: ReadonlyMap<ResourceKey, Resource>;
  /** Where a field stands. */
  locate(object: ObjectRef, field: string): SourceLocation | undefined;
}

/**
 * Reads manifests, or the objects of an API server. Everything that is wrong is reported on stderr.
 * @throws CliError PP_CLI_INPUT_INVALID when something is wrong that changes the answer; what {@link readClusterInput} throws
 */
export function readCluster(input: ClusterInput): Promise<Cluster> {
  return readPassing(input, isWarning);
}

/**
 * As {@link readCluster}, but as an agent takes it: it goes on without what it cannot read of an object, and so does the answer.
 * @throws CliError PP_CLI_INPUT_INVALID when a file or a kind of objects cannot be read at all: what of it an agent has in force is
 *   not known then
 */
export function readClusterAsAgent(input: ClusterInput): Promise<Cluster> {
  return readPassing(input, (problem) => isWarning(problem) || AGENT_GOES_ON.has(problem.error.code));
}

/** Codes of problems of single objects: everything else of the source is in force. */
const AGENT_GOES_ON: ReadonlySet<CoreErrorCode> = new Set<CoreErrorCode>([
  'PP_OBJECT_INVALID',
  'PP_OBJECT_NOT_IN_FORCE',
  'PP_FIELD_UNKNOWN',
  'PP_POLICY_NOT_READ',
]);

async function readPassing(input: ClusterInput, passes: (problem: ResourceProblem) => boolean): Promise<Cluster> {
  const read = await readClusterInput(input);
  const locate: Locate = (object, field) => read.locate(object, field);
  const problems = [...read.problems, ...policiesOutOfForce(read.resources, locate)];
  const errors = problems.filter((problem) => !passes(problem));
  for (const problem of problems) reportProblem(problem, passes(problem) ? 'warning' : 'error');
  if (errors.length > 0) {
    const count = errors.length === 1 ? 'one thing is' : `${errors.length} things are`;
    throw new CliError(
      'PP_CLI_INPUT_INVALID',
      `${count} wrong in the ${input.filename === undefined ? 'cluster' : 'manifests'}`,
    );
  }
  return clusterOf(read);
}

/** The cluster of what could be read. */
export function clusterOf(read: Pick<ReadObjects, 'resources' | 'locate'>): Cluster {
  return {
    objects: new Map(read.resources.map((resource) => [keyOfResource(resource), resource])),
    locate: (object, field) => read.locate(object, field),
  };
}

/**
 * What the dataplane of a node must do.
 * @throws CliError PP_CLI_NODE_UNKNOWN
 */
export function computeNode(cluster: Cluster, nodeName: string): DesiredStateStore {
  nodeOf(cluster, nodeName);
  const graph = new ComputeGraph({ nodeName });
  const changes = graph.apply([...cluster.objects.values()].map((resource) => ({ op: 'put', resource })));
  const state = new DesiredStateStore();
  state.apply({ scope: 'full', changes });
  return state;
}

/** @throws CliError PP_CLI_NODE_UNKNOWN, listing near names */
export function nodeOf(cluster: Cluster, name: string): ResourceOf<'Node'> {
  const node = cluster.objects.get(resourceKey('Node', undefined, name));
  if (node?.kind === 'Node') return node;
  const names = resourcesOf(cluster, 'Node').map(({ metadata }) => metadata.name);
  throw new CliError('PP_CLI_NODE_UNKNOWN', `no node is named ${name}; ${formatNearNames(name, names)}`);
}

/** @throws CliError PP_CLI_POD_UNKNOWN, listing near names */
export function podOf(cluster: Cluster, namespace: string, name: string): ResourceOf<'Pod'> {
  const pod = cluster.objects.get(resourceKey('Pod', namespace, name));
  if (pod?.kind === 'Pod') return pod;
  const wanted = `${namespace}/${name}`;
  const names = resourcesOf(cluster, 'Pod').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  throw new CliError('PP_CLI_POD_UNKNOWN', `no pod is named ${wanted}; ${formatNearNames(wanted, names)}`);
}

/**
 * The pod's own, of which there is at least one.
 * @throws CliError PP_CLI_POD_UNKNOWN when it is not on the network
 */
export function addressesOfPod({ metadata, spec, status }: ResourceOf<'Pod'>): readonly IpAddress[] {
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (!hasEnded && spec.nodeName !== undefined && status.podIPs.length > 0) return status.podIPs;
  const lack = hasEnded ? 'has ended' : spec.nodeName === undefined ? 'has no spec.nodeName' : 'has no status.podIP';
  throw new CliError(
    'PP_CLI_POD_UNKNOWN',
    `pod ${metadata.namespace}/${metadata.name} is not on the network: it ${lack}`,
  );
}

/** @throws CliError PP_CLI_SERVICE_UNKNOWN, listing near names */
export function serviceOf(cluster: Cluster, namespace: string, name: string): ResourceOf<'Service'> {
  const service = cluster.objects.get(resourceKey('Service', namespace, name));
  if (service?.kind === 'Service') return service;
  const wanted = `${namespace}/${name}`;
  const names = resourcesOf(cluster, 'Service').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  throw new CliError('PP_CLI_SERVICE_UNKNOWN', `no service is named ${wanted}; ${formatNearNames(wanted, names)}`);
}

export function resourcesOf<Kind extends Resource['kind']>(cluster: Cluster, kind: Kind): readonly ResourceOf<Kind>[] {
  // The kind is what tells the members of the union apart.
  return [...cluster.objects.values()].filter(
    (resource) => resource.kind === kind,
  ) as unknown as readonly ResourceOf<Kind>[];
}
