/** Benchmark of the simulator: packets judged a second on a node with 100 policies. */
import { ComputeGraph, DesiredStateStore, type IpAddress, type Port, parsePort, TCP } from '@polyplane/core';
import { NodeSimulator, type Packet } from '@polyplane/core/simulator';
import { type ClusterSize, clusterResources, NODE_NAME, put } from './cluster';
import { elapsedMilliseconds, type Scenario } from './measurement';

const SIZE: ClusterSize = {
  services: 100,
  endpointsPerService: 4,
  policies: 100,
  localPods: 50,
  remotePods: 500,
  namespaces: 5,
};
const PACKETS = 200_000;

export const simulatorRate: Scenario = {
  title: 'simulator: packets judged on a node with 100 policies',
  async run() {
    const state = new DesiredStateStore();
    const graph = new ComputeGraph({ nodeName: NODE_NAME });
    state.apply({ scope: 'full', changes: graph.apply(clusterResources(SIZE).map(put)) });
    const simulator = new NodeSimulator(state);
    const packets = mixedPackets(state);
    for (const packet of packets) simulator.judge(packet);
    const milliseconds = elapsedMilliseconds(() => {
      for (let index = 0; index < PACKETS; index++) simulator.judge(packets[index % packets.length] as Packet);
    });
    return [
      { metric: 'policies', value: state.policies.size, unit: 'ratio', aim: { atLeast: 50 } },
      { metric: 'packets judged', value: PACKETS / (milliseconds / 1000), unit: '1/s', aim: { atLeast: 50_000 } },
    ];
  },
};

/** Pod to pod, pod to service, and network to pod, allowed and denied. */
function mixedPackets(state: DesiredStateStore): readonly Packet[] {
  const workloads = [...state.workloads.values()];
  const services = [...state.services.values()];
  return workloads.flatMap((from, index) => {
    const source = from.addresses[0] as IpAddress;
    const target = workloads[(index * 7 + 3) % workloads.length]?.addresses[0] as IpAddress;
    const cluster = services[index % services.length]?.frontends[0];
    const common = { sourcePort: parsePort(40_000), protocol: TCP };
    const entry = { kind: 'workload', workload: from.key } as const;
    return [
      { ...common, entry, source, destination: target, destinationPort: parsePort(8080) },
      { ...common, entry, source, destination: target, destinationPort: parsePort(22) },
      { ...common, entry, source, destination: cluster?.address as IpAddress, destinationPort: cluster?.port as Port },
      {
        ...common,
        entry: { kind: 'network' },
        source: '192.168.1.1' as IpAddress,
        destination: source,
        destinationPort: parsePort(8080),
      },
    ] satisfies Packet[];
  });
}
