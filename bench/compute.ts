/** Benchmarks of compute: the first computation of a cluster, and one event of each kind afterwards. */
import { ComputeGraph, type ResourceChange } from '@polyplane/core';
import {
  type ClusterSize,
  clusterResources,
  NODE_NAME,
  namespace,
  networkSet,
  pod,
  policy,
  put,
  remove,
  slice,
  tier,
  tierPolicy,
} from './cluster';
import { elapsedMilliseconds, type Measurement, quantile, residentMegabytes, type Scenario } from './measurement';

const MEDIUM: ClusterSize = {
  services: 10_000,
  endpointsPerService: 4,
  policies: 1_000,
  localPods: 100,
  remotePods: 2_000,
  namespaces: 50,
};
const LARGE: ClusterSize = {
  services: 10_000,
  endpointsPerService: 25,
  policies: 10_000,
  localPods: 200,
  remotePods: 249_800,
  namespaces: 200,
};

const TIERS = 10;
const NETS = 100_000;

export const computeMedium: Scenario = {
  title: 'core: 10,000 services x 4 endpoints, 1,000 policies, 100 local pods',
  async run() {
    const { graph, figures } = firstComputation(MEDIUM, { seconds: 1.5, megabytes: 400 });
    return [...figures, ...endpointEvents(graph, MEDIUM, 'one endpoint changed')];
  },
};

export const computeGrowth: Scenario = {
  title: 'core: one endpoint changed, by number of services',
  async run() {
    return [1_000, 10_000, 100_000].flatMap((services) => {
      const size = { ...MEDIUM, services };
      return endpointEvents(firstComputation(size).graph, size, `${services.toLocaleString('en')} services`);
    });
  },
};

export const computeLarge: Scenario = {
  title: 'core: 250,000 endpoints (200 local), 10,000 policies, 10,000 services',
  async run() {
    const { graph, figures } = firstComputation(LARGE, { seconds: 15, megabytes: 1_500 });
    const ofOnePod: readonly [string, (index: number) => ResourceChange][] = [
      ['endpoint slice changed', (index) => put(slice(index, LARGE.endpointsPerService, index % 7))],
      ['local pod’s label changed', (index) => put(pod(index % LARGE.localPods, LARGE, true, { stage: `s${index}` }))],
      ['remote pod’s label changed', (index) => put(pod(1_000 + index, LARGE, false, { stage: `s${index}` }))],
      ['remote pod added or removed', (index) => togglePod(index)],
      ['policy added or removed', (index) => togglePolicy(index)],
    ];
    // A namespace's labels concern each of its 1,250 pods, so its cost is not that of one pod.
    const relabel = (index: number) => put(namespace(index % LARGE.namespaces, `team-${index % 20}`));
    graph.apply(Array.from({ length: TIERS }, (_, index) => [put(tier(index, index)), put(tierPolicy(index))]).flat());
    graph.apply([put(networkSet(0, NETS, 0))]);
    const sets = [networkSet(0, NETS, 1), networkSet(0, NETS, 2)] as const;
    return [
      ...figures,
      ...ofOnePod.flatMap(([name, change]) => eventFigures(graph, name, 400, change, 5)),
      ...eventFigures(graph, 'namespace of 1,250 pods relabelled', 400, relabel),
      ...eventFigures(graph, 'tier of every local pod moved', 100, (index) => put(tier(index % TIERS, 100 + index))),
      ...eventFigures(graph, 'one of 100,000 nets of a network set', 20, (index) =>
        put(index % 2 === 0 ? sets[0] : sets[1]),
      ),
    ];
  },
};

function togglePod(index: number): ResourceChange {
  const subject = pod(500_000 + (index >> 1), LARGE, false);
  return index % 2 === 0 ? put(subject) : remove(subject);
}

function togglePolicy(index: number): ResourceChange {
  const subject = policy(50_000 + (index >> 1), LARGE);
  return index % 2 === 0 ? put(subject) : remove(subject);
}

function firstComputation(size: ClusterSize, aims?: { readonly seconds: number; readonly megabytes: number }) {
  const changes = clusterResources(size).map(put);
  const graph = new ComputeGraph({ nodeName: NODE_NAME });
  const seconds = elapsedMilliseconds(() => graph.apply(changes)) / 1000;
  const figures: Measurement[] = [
    { metric: 'first computation', value: seconds, unit: 's', aim: aims && { atMost: aims.seconds } },
    { metric: 'resident memory', value: residentMegabytes(), unit: 'MB', aim: aims && { atMost: aims.megabytes } },
  ];
  return { graph, figures };
}

function endpointEvents(graph: ComputeGraph, size: ClusterSize, name: string): readonly Measurement[] {
  const step = Math.max(1, Math.floor(size.services / 1_000));
  return eventFigures(
    graph,
    name,
    3_000,
    (index) => put(slice((index * step) % size.services, size.endpointsPerService, (index % 9) + 1)),
    1,
  );
}

function eventFigures(
  graph: ComputeGraph,
  name: string,
  events: number,
  change: (index: number) => ResourceChange,
  aimMilliseconds?: number,
): readonly Measurement[] {
  const samples: number[] = [];
  for (let index = 0; index < events; index++) {
    const next = change(index);
    samples.push(elapsedMilliseconds(() => graph.apply([next])));
  }
  return [
    { metric: `${name}, p50`, value: quantile(samples, 0.5) * 1000, unit: 'us' },
    { metric: `${name}, p99`, value: quantile(samples, 0.99), unit: 'ms', aim: atMost(aimMilliseconds) },
  ];
}

function atMost(bound: number | undefined): Measurement['aim'] {
  return bound === undefined ? undefined : { atMost: bound };
}
