/** A survey: who reaches what, as the simulator says it. */
import type { HostName, Topology } from '@polyplane/conformance';
import { ComputeGraph, DesiredStateStore, type IpAddress, type Resource } from '@polyplane/core';
import { NodeSimulator } from '@polyplane/core/simulator';
import { cellOf, type Pair } from './flows';
import type { Cell, Matrix } from './matrix';
import { predict } from './prediction';
import { hostsOf, isAsked, NODE_UNDER_TEST, sendersOf, type Target } from './scene';

/** Every pair of a matrix, by row and column; a pair that is not asked has no prediction. */
export type Survey = readonly (readonly Pair[])[];

/** What the node under test must do. */
export function computeNode(resources: readonly Resource[]): DesiredStateStore {
  const graph = new ComputeGraph({ nodeName: NODE_UNDER_TEST });
  const state = new DesiredStateStore();
  state.apply({ scope: 'full', changes: graph.apply(resources.map((resource) => ({ op: 'put', resource }))) });
  return state;
}

/**
 * Who reaches which target.
 * @param everybody the resources whose senders are the rows, whether they are there now or not
 */
export function survey(
  resources: readonly Resource[],
  everybody: readonly Resource[],
  targets: readonly Target[],
  topology: Topology,
): Survey {
  const simulator = new NodeSimulator(computeNode(resources));
  const hosts: ReadonlyMap<IpAddress, HostName> = hostsOf(topology);
  const present = new Set(hosts.values());
  return sendersOf(everybody, computeNode(everybody)).map((sender) =>
    targets.map((target) => {
      const isMeaningful = isAsked(sender, target, present);
      return { sender, target, predicted: isMeaningful ? predict(simulator, hosts, sender, target) : [] };
    }),
  );
}

/** The survey as a matrix; real packets take the place of predictions where `watched` has them. */
export function matrixOf(title: string, pairs: Survey, watched?: ReadonlyMap<Pair, Cell>): Matrix {
  return {
    title,
    rows: pairs.flatMap(([first]) => (first === undefined ? [] : [first.sender])),
    columns: (pairs[0] ?? []).map(({ target }) => target),
    cells: pairs.map((row) => row.map((pair) => watched?.get(pair) ?? cellOf(pair.predicted))),
  };
}
