/** Know before you switch: what a cluster's objects need, held against each backend's limits, and what a change of backend changes. */
import type { Resource } from '../resources/resource';
import type { ResourceProblem, SourceLocation } from '../resources/resource-problem';
import type { StandIns } from '../resources/stand-ins';
import type { ObjectRef } from '../state';
import type { BehaviourChange } from './behaviour-change';
import { behaviourChanges } from './behaviour-changes';
import type { Behaviours } from './behaviours';
import { clusterFeatures } from './cluster-features';
import { ClusterIndex } from './cluster-index';
import { diagnose } from './diagnose';
import type { FeatureUse } from './feature-use';
import { foreignPolicies } from './foreign-policies';
import { type BackendsOfNodes, HybridCluster } from './hybrid-cluster';
import type { Diagnostic, Limit, LimitTable, Support } from './limit';
import { type LimitChoice, limitsInForce } from './limits-in-force';
import { type OtherJudgement, otherJudgements } from './other-profiles';
import { DEFAULT_PROFILE, type LimitProfile } from './profile';
import { withStandIns } from './stand-ins';
import { verdictOf } from './verdict';

/** A backend as far as a check goes. */
export interface CheckedBackend {
  readonly name: string;
  readonly limits: LimitTable;
  readonly behaviours: Behaviours;
}

/** What a check is told beside the cluster. */
export interface CheckOptions extends LimitChoice {
  readonly resources: readonly Resource[];
  readonly backends: readonly CheckedBackend[];
  /** Both or neither: the change of backend to describe. */
  readonly from?: CheckedBackend;
  readonly to?: CheckedBackend;
  /** What stands in for pods and endpoints that `resources` does not have, where a change of backend is judged. */
  readonly standIns?: StandIns;
  /** Which backend each node runs, where they are not all of one: what lives beside another dataplane is judged as such. */
  readonly nodes?: BackendsOfNodes;
  /** What of the cluster could not be read: policies of kinds that are not read are findings of every backend. */
  readonly problems?: readonly ResourceProblem[];
  /** Where an object's field stands in the user's files, if it does. */
  readonly locate?: (object: ObjectRef, field: string) => SourceLocation | undefined;
}

/** A limit that an object meets. Without `file` and `line`: the object came from no file. */
export type Finding = Diagnostic;

/** What a check says of one backend. */
export interface BackendReport {
  readonly name: string;
  readonly verdict: Support;
  /** The most severe first; within a severity in the order of the objects. */
  readonly findings: readonly Finding[];
}

/** What a check says of all backends, and of a switch between two. */
export interface CheckReport {
  /** The version of the dataplanes whose limits the answer is about. */
  readonly profile: LimitProfile;
  readonly backends: readonly BackendReport[];
  /** Empty unless a change of backend was asked about. */
  readonly behaviourChanges: readonly BehaviourChange[];
  /** Where other profiles judge otherwise, by backend in the order above, the earliest profile first. */
  readonly otherProfiles: readonly OtherJudgement[];
}

/** Holds a cluster's objects against the limits of backends. */
export function checkCluster(options: CheckOptions): CheckReport {
  const { resources, backends, from, to } = options;
  const cluster = new ClusterIndex(resources);
  const uses = clusterFeatures(cluster);
  const hybrid = new HybridCluster(cluster, options.nodes);
  const inForce = (backend: CheckedBackend): CheckedBackend => ({
    ...backend,
    limits: limitsInForce(backend.limits, options),
  });
  const asked = backends.map((backend) => ({ backend, uses: usesOn(backend.name, hybrid, uses) }));
  return {
    profile: options.profile ?? DEFAULT_PROFILE,
    backends: asked.map(({ backend, uses }) => checkBackend(inForce(backend), hybrid, uses, options)),
    behaviourChanges:
      from === undefined || to === undefined
        ? []
        : behaviourChanges(withPods(cluster, options.standIns), inForce(from), inForce(to)),
    otherProfiles: asked.flatMap(({ backend, uses }) => otherJudgements(backend, uses, options)),
  };
}

/** What the objects ask of a backend that runs, where nodes differ, on some of them. */
function usesOn(backend: string, hybrid: HybridCluster, uses: readonly FeatureUse[]): readonly FeatureUse[] {
  return [...uses.filter((use) => !hybrid.isElsewhere(use, backend)), ...hybrid.features(backend)];
}

function withPods(cluster: ClusterIndex, standIns: StandIns | undefined): ClusterIndex {
  return standIns === undefined ? cluster : new ClusterIndex(withStandIns(cluster.resources, standIns));
}

/**
 * Whether the nodes of one cluster can run side by side: each backend's findings about the nodes of the others, and what
 * traffic is lost between them. `backends` are those that nodes run; a node is named once for each backend that minds it.
 */
export function checkNodes(options: CheckOptions & { readonly nodes: BackendsOfNodes }): readonly BackendReport[] {
  const run = new Set(options.nodes.values());
  const backends = options.backends.filter(({ name }) => run.has(name));
  return checkCluster({ ...options, backends }).backends.map(({ name, findings }) => {
    const ofPairs = findings.filter(({ feature }) => feature === 'hybridCluster');
    return { name, verdict: verdictOf(ofPairs), findings: ofPairs };
  });
}

function checkBackend(
  { name, limits }: CheckedBackend,
  hybrid: HybridCluster,
  uses: readonly FeatureUse[],
  { locate, problems = [] }: CheckOptions,
): BackendReport {
  const rows = new Map(limits.map((limit) => [limit.feature, limit]));
  const met = uses.flatMap((use): readonly Finding[] => {
    const limit = rows.get(use.feature);
    if (limit === undefined) return [];
    return [{ ...findingOf(limit, use, hybrid, name), ...locate?.(use.object, use.field) }];
  });
  const findings = [...met, ...foreignPolicies(problems)];
  return { name, verdict: verdictOf(findings), findings: bySeverity(findings) };
}

function findingOf(limit: Limit, use: FeatureUse, hybrid: HybridCluster, backend: string): Finding {
  const finding = diagnose(limit, use);
  const detail = use.feature === 'hybridCluster' ? hybrid.describeDroppedTraffic(use.object, backend) : undefined;
  return detail === undefined ? finding : { ...finding, message: `${finding.message} ${detail}` };
}

function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  return SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

const SEVERITIES: readonly Finding['severity'][] = ['error', 'warning', 'info'];
