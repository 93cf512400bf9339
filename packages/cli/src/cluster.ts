/** The cluster that the manifests given by `-f` describe, and what one of its nodes must do. */
import { text } from 'node:stream/consumers';
import { lastValueFrom } from 'rxjs';
import {
  ComputeGraph,
  DesiredStateStore,
  keyOfResource,
  loadManifests,
  ManifestSource,
  type Resource,
  type ResourceKey,
  type ResourceOf,
  type ResourceProblem,
  resourceKey,
} from '@polyplane/core';
import { CliError } from './cli-error';
import { formatNearNames } from './near-names';
import { reportProblem } from './report-error';

/** Every object of the manifests. Of objects of one key the last one counts. */
export type Cluster = ReadonlyMap<ResourceKey, Resource>;

/** What the manifests held. */
interface Contents {
  readonly resources: readonly Resource[];
  readonly problems: readonly ResourceProblem[];
}

/** These change no answer: the object says nothing about node networking, or a later one counts. */
const WARNINGS: ReadonlySet<string> = new Set(['PP_OBJECT_UNKNOWN_KIND', 'PP_OBJECT_DUPLICATE']);

/**
 * Reads files, folders (recursively) and `-` (stdin). Everything that is wrong is reported on stderr.
 * @throws CliError PP_CLI_INPUT_INVALID when something is wrong that changes the answer
 */
export async function readCluster(paths: readonly string[]): Promise<Cluster> {
  const files = await readFiles(paths.filter((path) => path !== '-'));
  const input = paths.includes('-') ? await readStdin() : NOTHING;
  const problems = [...files.problems, ...input.problems];
  const errors = problems.filter((problem) => !WARNINGS.has(problem.error.code));
  for (const problem of problems) reportProblem(problem, errors.includes(problem) ? 'error' : 'warning');
  if (errors.length > 0) {
    const count = errors.length === 1 ? 'one thing is' : `${errors.length} things are`;
    throw new CliError('PP_CLI_INPUT_INVALID', `${count} wrong in the manifests`);
  }
  return new Map([...files.resources, ...input.resources].map((resource) => [keyOfResource(resource), resource]));
}

/**
 * What the dataplane of a node must do.
 * @throws CliError PP_CLI_NODE_UNKNOWN
 */
export function computeNode(cluster: Cluster, nodeName: string): DesiredStateStore {
  nodeOf(cluster, nodeName);
  const graph = new ComputeGraph({ nodeName });
  const changes = graph.apply([...cluster.values()].map((resource) => ({ op: 'put', resource })));
  const state = new DesiredStateStore();
  state.apply({ scope: 'full', changes });
  return state;
}

/** @throws CliError PP_CLI_NODE_UNKNOWN, listing near names */
export function nodeOf(cluster: Cluster, name: string): ResourceOf<'Node'> {
  const node = cluster.get(resourceKey('Node', undefined, name));
  if (node?.kind === 'Node') return node;
  const names = resourcesOf(cluster, 'Node').map(({ metadata }) => metadata.name);
  throw new CliError('PP_CLI_NODE_UNKNOWN', `no node is named ${name}; ${formatNearNames(name, names)}`);
}

/** @throws CliError PP_CLI_POD_UNKNOWN, listing near names */
export function podOf(cluster: Cluster, namespace: string, name: string): ResourceOf<'Pod'> {
  const pod = cluster.get(resourceKey('Pod', namespace, name));
  if (pod?.kind === 'Pod') return pod;
  const wanted = `${namespace}/${name}`;
  const names = resourcesOf(cluster, 'Pod').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  throw new CliError('PP_CLI_POD_UNKNOWN', `no pod is named ${wanted}; ${formatNearNames(wanted, names)}`);
}

const NOTHING: Contents = { resources: [], problems: [] };

async function readFiles(paths: readonly string[]): Promise<Contents> {
  if (paths.length === 0) return NOTHING;
  const { changes, problems } = await lastValueFrom(new ManifestSource({ paths, watch: false }).batches$);
  return { resources: changes.flatMap((change) => (change.op === 'put' ? [change.resource] : [])), problems };
}

async function readStdin(): Promise<Contents> {
  const { resources, problems } = loadManifests(await text(process.stdin), 'stdin');
  return { resources: resources.map(({ resource }) => resource), problems };
}

function resourcesOf<Kind extends Resource['kind']>(cluster: Cluster, kind: Kind): readonly ResourceOf<Kind>[] {
  // The kind is what tells the members of the union apart.
  return [...cluster.values()].filter((resource) => resource.kind === kind) as unknown as readonly ResourceOf<Kind>[];
}
