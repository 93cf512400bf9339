/** Whether UDP flows are cut on the way from one state to the next, seen by flows that go on over it. */
import { familyOf, keyOfResource, parsePort, type Resource, UDP } from '@polyplane/core';
import type { ProbeRequest, ProbeResult } from '../prober/probe';
import type { SuiteFact, SuiteState } from '../suites/suite';
import { nodeHost, type Topology } from '../testbed/topology';
import { desiredStateOf } from './node-settings';
import type { ProbeReport } from './report';
import { leavesStaleFlows, type ServedPlaces, servedPlacesOf } from './served-places';
import { servicesOfSlices } from './service-facts';
import { topologyOf } from './topology-of';

/** What flows are sent through: a testbed with the dataplane under test. */
export interface FlowNetwork {
  probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]>;
  /** Puts a state into force; connections go on, or are forgotten. */
  apply(state: SuiteState, connections: 'kept' | 'forgotten'): Promise<void>;
}

/** A state whose fact `udpConntrackCleanup` speaks of the way to it, with services for all slices of either state. */
export interface StateChange {
  readonly before: SuiteState;
  readonly after: SuiteState;
  readonly fact: SuiteFact;
}

/** Undefined for a state that says nothing of the kind. */
export function stateChangeOf(state: SuiteState): StateChange | undefined {
  const fact = state.facts.find(({ name }) => name === 'udpConntrackCleanup');
  if (state.previous === undefined || fact === undefined) return undefined;
  return { ...withServices(state.previous, state), fact };
}

/** Whether flows have to be cut on the way, by what the objects say. */
export function needsUdpCleanup(state: SuiteState): boolean {
  const { before, after } = withServices(state.previous ?? { ...state, resources: [] }, state);
  return leavesStaleFlows(placesIn(before), placesIn(after));
}

function withServices(before: SuiteState, after: SuiteState): Omit<StateChange, 'fact'> {
  const services = servicesOfSlices([...before.resources, ...after.resources]);
  const add = (state: SuiteState): SuiteState => ({ ...state, resources: [...state.resources, ...services] });
  return { before: add(before), after: add(after) };
}

/** The machines of both states: they stay on the way. */
export function topologyOfChange({ before, after }: StateChange): Topology {
  const kept = new Set(after.resources.filter(isMachine).map(keyOfResource));
  const resources = before.resources.filter((resource) => !kept.has(keyOfResource(resource)));
  return topologyOf({
    ...after,
    nodes: [...new Set([...after.nodes, ...before.nodes])],
    resources: [...after.resources, ...resources],
    probes: [...after.probes, ...before.probes],
  });
}

/** Opens flows in the state before, and looks after the change to whom they lead. The state after is in force in the end. */
export async function observeUdpCleanup(
  { before, after, fact }: StateChange,
  topology: Topology,
  network: FlowNetwork,
): Promise<ProbeReport> {
  const report = (result: ProbeReport['result'], got: string, reason: string): ProbeReport => ({
    name: `fact ${fact.name}`,
    result,
    expected: String(fact.expected),
    got,
    reason,
  });
  const flows = flowsTo(placesIn(before), placesIn(after), topology);
  const requests = flows.map(({ request }) => request);
  await network.apply(before, 'forgotten');
  const first = await network.probe(requests);
  await network.apply(after, 'kept');
  const second = await network.probe(requests);
  const fates = flows.map((flow, index) => fateOf(flow, answerOf(first[index]), answerOf(second[index])));
  const wrong = fates.find(({ fault }) => fault !== undefined);
  const isCut = fates.some(({ isMoved }) => isMoved);
  if (wrong !== undefined) return report('fail', String(isCut), wrong.fault ?? '');
  if (isCut === fact.expected) return report('pass', String(isCut), '');
  // A peer may clean up more than it has to: of that, no flow tells.
  if (!isCut) return report('skip', '', NO_FLOW);
  return report('fail', 'true', 'flows had to be cut');
}

const NO_FLOW = 'PP_SUITE_NOT_OBSERVABLE: no flow would lead astray without a clean-up';

/** So many flows for each endpoint: that one gets none is as good as impossible. */
const FLOWS_PER_ENDPOINT = 10;
const FIRST_SOURCE_PORT = 40001;
const MOST_FLOWS = 400;

interface Flow {
  readonly request: ProbeRequest;
  /** Who serves after the change. */
  readonly endpoints: ReadonlySet<string>;
}

function placesIn(state: SuiteState): ServedPlaces {
  return servedPlacesOf(desiredStateOf(state.nodes[0] ?? '', state));
}

function isMachine({ kind }: Resource): boolean {
  return kind === 'Pod' || kind === 'Node';
}

/** From the first node itself: the answer of every endpoint comes back to it. */
function flowsTo(before: ServedPlaces, after: ServedPlaces, { nodes }: Topology): readonly Flow[] {
  const [node] = nodes;
  if (node === undefined) return [];
  const flows: Flow[] = [];
  for (const [key, place] of new Map([...before, ...after])) {
    const own = node.addresses.find((address) => familyOf(address) === place.family);
    if (own === undefined) continue;
    const endpoints = new Set([...(before.get(key)?.endpoints ?? []), ...(after.get(key)?.endpoints ?? [])]);
    for (
      let count = 0;
      count < Math.max(1, endpoints.size) * FLOWS_PER_ENDPOINT && flows.length < MOST_FLOWS;
      count++
    ) {
      const request: ProbeRequest = {
        from: nodeHost(node),
        sourceAddress: own,
        sourcePort: parsePort(FIRST_SOURCE_PORT + flows.length),
        destination: place.address ?? own,
        destinationPort: place.port,
        protocol: UDP,
        isAnswerExpected: endpoints.size > 0,
      };
      flows.push({ request, endpoints: after.get(key)?.endpoints ?? new Set() });
    }
  }
  return flows;
}

/** `address port` of who answered. */
function answerOf(result: ProbeResult | undefined): string | undefined {
  return result?.outcome === 'connected' ? `${result.at.address} ${result.at.port ?? ''}` : undefined;
}

function fateOf(
  { request, endpoints }: Flow,
  before: string | undefined,
  after: string | undefined,
): { readonly isMoved: boolean; readonly fault?: string } {
  const isMoved = before === undefined ? after !== undefined : after !== before;
  const flow = `a flow from port ${request.sourcePort} to ${request.destination} port ${request.destinationPort}`;
  const told = (what: string) => ({ isMoved, fault: `${flow} ${what}` });
  if (before !== undefined && endpoints.has(before)) {
    return isMoved ? told(`left ${before}, which still serves, for ${after ?? 'nobody'}`) : { isMoved };
  }
  if (before !== undefined && !isMoved) return told(`stays with ${before}, which serves no more`);
  if (endpoints.size > 0 && (after === undefined || !endpoints.has(after))) {
    return told(`comes to ${after ?? 'nobody'}, which does not serve`);
  }
  return { isMoved };
}
