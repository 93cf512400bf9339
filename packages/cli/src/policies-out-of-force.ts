/** Policies that no dataplane puts in force, whatever its limits: those whose tier is not there. */
import { ComputeGraph, type Resource, type ResourceKind, type ResourceProblem } from '@polyplane/core';
import type { Locate } from './trace-report';

/** What compute says of the policies among these objects, with the place where each is written. */
export function policiesOutOfForce(resources: readonly Resource[], locate: Locate): readonly ResourceProblem[] {
  const graph = new ComputeGraph({ nodeName: '' });
  const concerned = resources.filter(({ kind }) => CONCERNED.has(kind));
  graph.apply(concerned.map((resource) => ({ op: 'put', resource })));
  return graph.problems.map((problem) => ({
    ...problem,
    ...(problem.object !== undefined && locate(problem.object, problem.field ?? '')),
  }));
}

const CONCERNED: ReadonlySet<ResourceKind> = new Set<ResourceKind>([
  'Tier',
  'CalicoNetworkPolicy',
  'GlobalNetworkPolicy',
]);
