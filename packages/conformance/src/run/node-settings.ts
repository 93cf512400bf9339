/** What a suite's settings mean to the parts that judge it. */
import { ComputeGraph, type ComputeOptions, DesiredStateStore } from '@polyplane/core';
import type { SimulatorOptions } from '@polyplane/core/simulator';
import type { SuiteSettings, SuiteState } from '../suites/suite';

/** What the state asks of one node. */
export function desiredStateOf(nodeName: string, state: SuiteState): DesiredStateStore {
  const store = new DesiredStateStore();
  const graph = new ComputeGraph(computeOptionsOf(nodeName, state));
  store.apply({ scope: 'delta', changes: graph.apply(state.resources.map((resource) => ({ op: 'put', resource }))) });
  return store;
}

/** How one node's desired state is computed. */
export function computeOptionsOf(nodeName: string, { settings }: SuiteState): ComputeOptions {
  const { masqueradeAll, nodePortAddresses, localhostNodePorts, featureGates } = settings;
  const localDetector = localDetectorOf(settings);
  return {
    nodeName,
    serviceRules: { honoursIpMode: featureGates?.LoadBalancerIPMode !== false },
    settings: {
      ...(masqueradeAll !== undefined && { masqueradeAll }),
      ...(nodePortAddresses !== undefined && { nodePortAddresses }),
      ...(localhostNodePorts !== undefined && { localhostNodePorts }),
      ...(localDetector !== undefined && { localDetector }),
    },
  };
}

/** What the simulator is told of the suite's hosts. */
export function simulatorOptionsOf({ settings }: SuiteState): SimulatorOptions {
  const { nodeLocalAddresses, hostInputPolicy, hostTranslations, isConntrackLiberal } = settings;
  return {
    ...(nodeLocalAddresses !== undefined && { localAddresses: nodeLocalAddresses }),
    ...(hostInputPolicy !== undefined && { hostInputPolicy }),
    ...(hostTranslations !== undefined && { hostTranslations }),
    ...(isConntrackLiberal !== undefined && { isConntrackLiberal }),
  };
}

type LocalDetector = NonNullable<NonNullable<ComputeOptions['settings']>['localDetector']>;

function localDetectorOf({ localDetector, clusterCidrs }: SuiteSettings): LocalDetector | undefined {
  if (localDetector === 'none') return { kind: 'none' };
  return localDetector === 'clusterCIDR' ? { kind: 'cidrs', cidrs: clusterCidrs ?? [] } : undefined;
}
