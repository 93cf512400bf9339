/** Judges a suite's facts: what must hold of the first node as a whole, beside single packets. */
import { type DesiredState, type IpFamily, parseIpAddress, parsePort, TCP } from '@polyplane/core';
import { type Judgement, NodeSimulator, type Packet } from '@polyplane/core/simulator';
import type { SuiteFact, SuiteState } from '../suites/suite';
import { desiredStateOf, simulatorOptionsOf } from './node-settings';
import type { ProbeReport } from './report';
import {
  endpointsOf,
  healthCheckNodePorts,
  localReadyEndpoints,
  servicePortCount,
  servicePortsWithoutLocalEndpoints,
  servicesOfSlices,
  servicesWithLocalReadyEndpoints,
} from './service-facts';
import { needsUdpCleanup } from './udp-flow-cleanup';

/** One report a fact. A fact that cannot be told from the desired state and the simulator is skipped. */
export function reportFacts(state: SuiteState): readonly ProbeReport[] {
  return state.facts.map((fact) => reportFact(state, fact));
}

/** A fact where packets alone are seen, and do not tell of it. */
export function reportUnseenFact(fact: SuiteFact): ProbeReport {
  return skippedFact(fact, 'packets do not show it');
}

function reportFact(state: SuiteState, fact: SuiteFact): ProbeReport {
  const read = READERS[fact.name];
  if (read === undefined) return skippedFact(fact, 'the desired state does not say it');
  const expected = canonicalText(fact.expected);
  const got = canonicalText(read(state));
  const isRight = got === expected;
  return {
    name: nameOf(fact),
    result: isRight ? 'pass' : 'fail',
    expected,
    got,
    reason: isRight ? '' : `it is ${got}`,
  };
}

function skippedFact(fact: SuiteFact, why: string): ProbeReport {
  const reason = `PP_SUITE_NOT_OBSERVABLE: ${why}`;
  return { name: nameOf(fact), result: 'skip', expected: canonicalText(fact.expected), got: '', reason };
}

const READERS: Readonly<Record<string, (state: SuiteState) => unknown>> = {
  servicePortCount: (state) => servicePortCount(stateOfNode(state), familyOfSuite(state)),
  healthCheckNodePorts: (state) => healthCheckNodePorts(stateOfNode(state)),
  servicePortsWithoutLocalEndpoints: (state) => servicePortsWithoutLocalEndpoints(stateOfNode(state)),
  servicesWithLocalReadyEndpoints: (state) => servicesWithLocalReadyEndpoints(stateOfNode(state)),
  endpoints: (state) => endpointsOf(endpointStateOf(state), familyOfSuite(state)),
  localReadyEndpoints: (state) => localReadyEndpoints(endpointStateOf(state)),
  udpConntrackCleanup: (state) => needsUdpCleanup(state),
  blocksForeignTrafficTo127: (state) => isGuardedFromLoopback(state),
  dropsForwardedInvalid: (state) => judgementOf(state, INVALID).verdict !== 'allow',
};

/** New packets for a loopback address, from outside. No suite has a service on this port. */
const TO_LOOPBACK: Readonly<Record<IpFamily, Packet>> = {
  4: toLoopback('203.0.113.2', '127.0.0.1'),
  6: toLoopback('2001:db8::cb00:7102', '::1'),
};

/** A packet through the node that belongs to no flow. */
const INVALID: Packet = {
  entry: { kind: 'network' },
  source: parseIpAddress('203.0.113.2'),
  destination: parseIpAddress('203.0.113.3'),
  destinationPort: parsePort(1),
  protocol: TCP,
  connection: { state: 'invalid' },
};

function toLoopback(source: string, destination: string): Packet {
  return {
    entry: { kind: 'network' },
    source: parseIpAddress(source),
    destination: parseIpAddress(destination),
    destinationPort: parsePort(1),
    protocol: TCP,
  };
}

/** The dataplane itself stops the packet, not the kernel's own routing. */
function isGuardedFromLoopback(state: SuiteState): boolean {
  const { destinations } = judgementOf(state, TO_LOOPBACK[familyOfSuite(state)]);
  return destinations.some(({ steps }) => steps.at(-1)?.stage === 'loopbackGuard');
}

function judgementOf(state: SuiteState, packet: Packet): Judgement {
  return new NodeSimulator(stateOfNode(state), simulatorOptionsOf(state)).judge(packet);
}

/** Services that only slices name are there, too: what the endpoints are can be told without them. */
function endpointStateOf(state: SuiteState): DesiredState {
  return stateOfNode({ ...state, resources: [...state.resources, ...servicesOfSlices(state.resources)] });
}

function stateOfNode(state: SuiteState): DesiredState {
  return desiredStateOf(state.nodes[0] ?? '', state);
}

function familyOfSuite({ settings }: SuiteState): IpFamily {
  return settings.ipFamily ?? 4;
}

function nameOf({ name }: SuiteFact): string {
  return `fact ${name}`;
}

/** One text for equal values: keys and lists in order. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (Array.isArray(part)) return [...part].sort();
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
