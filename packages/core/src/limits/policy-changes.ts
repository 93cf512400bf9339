/** Policies that change meaning with the backend: they tell outside clients from nodes, and see the other of the two after the switch. */
import type { Behaviours } from '../backend/behaviours';
import { workloadKey } from '../compute/keys';
import type { Pod, Service } from '../resources/kinds/kubernetes';
import { type DesiredState, familyOf, type ObjectRef, type PolicyKey, parseProtocol } from '../state';
import type { BehaviourChange } from './behaviour-change';
import type { ClusterIndex } from './cluster-index';
import { type ExposureKind, exposuresOf, formatExposure, keepsClientAddress } from './exposure';
import { type OutsideSenders, outsideSenders } from './outside-senders';
import { policiesOfPods } from './policies-of-pods';
import { type IngressPort, type SourceClass, SourceVerdicts } from './source-verdicts';

/** A backend by what a change of backend depends on. */
export interface NamedBehaviours {
  readonly name: string;
  readonly behaviours: Behaviours;
}

/**
 * One change a policy. A policy is named only if it decides otherwise over an outside
 * client than over a node, for a port of a pod behind a service whose client addresses begin or cease to be kept, and
 * the verdict on the packet differs with it. Where no Node is known, a node may have any address outside the pods'.
 */
export function policyChanges(
  cluster: ClusterIndex,
  from: NamedBehaviours,
  to: NamedBehaviours,
): readonly BehaviourChange[] {
  const ports = flippedPorts(cluster, from.behaviours, to.behaviours);
  if (ports.length === 0) return [];
  const senders = { 4: outsideSenders(cluster, 4), 6: outsideSenders(cluster, 6) };
  const affected = new Map<PolicyKey, AffectedPolicy>();
  for (const batch of byNamespaces(ports)) {
    const state = policiesOfPods(cluster, new Set(batch.map(({ pod }) => pod)));
    const verdicts = { 4: new SourceVerdicts(state, 4), 6: new SourceVerdicts(state, 6) };
    for (const flipped of batch) {
      const family = familyOf(flipped.to.address);
      const decisions = decisionsOf(flipped, state, verdicts[family], senders[family]);
      for (const decision of decisions) note(affected, decision, flipped);
    }
  }
  return [...affected.values()].map((policy) => changeOf(policy, from.name, to.name));
}

/** A pod's port behind a service whose pods begin or cease to see their clients' addresses. */
interface FlippedPort {
  readonly service: Service;
  readonly exposure: ExposureKind;
  /** After the switch. */
  readonly keepsClient: boolean;
  readonly pod: Pod;
  readonly to: IngressPort;
}

interface AffectedPolicy {
  readonly object: ObjectRef;
  readonly rules: Set<string>;
  readonly services: Map<string, FlippedPort>;
}

/** A policy that decides differently over a client and a node, and the rules by which it does. */
interface Decision {
  readonly key: PolicyKey;
  readonly object: ObjectRef;
  readonly rules: readonly string[];
}

function flippedPorts(cluster: ClusterIndex, from: Behaviours, to: Behaviours): readonly FlippedPort[] {
  return cluster.all('Service').flatMap((service) => {
    const flipped = exposuresOf(service).filter(
      (kind) => keepsClientAddress(from, kind, service) !== keepsClientAddress(to, kind, service),
    );
    if (flipped.length === 0) return [];
    return (cluster.endpointsOf(service) ?? []).flatMap(({ address, port, protocol }) => {
      const pod = cluster.podAt(address);
      if (pod === undefined) return [];
      return flipped.map(
        (exposure): FlippedPort => ({
          service,
          exposure,
          keepsClient: keepsClientAddress(to, exposure, service),
          pod,
          to: { address, protocol: parseProtocol(protocol), port },
        }),
      );
    });
  });
}

/** Pods whose policies are worked out at a time: what bounds the memory that a large cluster takes. */
const BATCH = 2000;

/** Whole namespaces together, as many as make a batch. */
function byNamespaces(ports: readonly FlippedPort[]): readonly (readonly FlippedPort[])[] {
  const byNamespace = new Map<string, FlippedPort[]>();
  for (const port of ports) {
    const namespace = port.pod.metadata.namespace ?? '';
    const known = byNamespace.get(namespace) ?? [];
    byNamespace.set(namespace, known);
    known.push(port);
  }
  const batches: FlippedPort[][] = [];
  for (const inNamespace of byNamespace.values()) {
    const last = batches.at(-1);
    if (last === undefined || last.length + inNamespace.length > BATCH) batches.push([...inNamespace]);
    else for (const port of inNamespace) last.push(port);
  }
  return batches;
}

/** The policies that let a client in and keep a node out, or the other way round. */
function decisionsOf(
  { pod: { metadata }, to }: FlippedPort,
  state: DesiredState,
  verdicts: SourceVerdicts,
  senders: OutsideSenders,
): readonly Decision[] {
  const workload = state.workloads.get(workloadKey(metadata.namespace ?? '', metadata.name));
  if (workload === undefined) return [];
  const clients = verdicts.judge(workload, to, senders.clients);
  const nodes = verdicts.judge(workload, to, senders.nodes);
  return clients.flatMap((client) =>
    nodes.filter((node) => node.isAllowed !== client.isAllowed).flatMap((node) => decisionOf(client, node)),
  );
}

/** The last policy that both were asked by and that treated them differently: what follows it does not tell them apart. */
function decisionOf(client: SourceClass, node: SourceClass): readonly Decision[] {
  const stepsOfNode = new Map(node.steps.map((step) => [step.policy.key, step]));
  const pairs = client.steps.flatMap((step) => {
    const other = stepsOfNode.get(step.policy.key);
    return other === undefined || other.rule?.action === step.rule?.action ? [] : [[step, other] as const];
  });
  const last = pairs.at(-1);
  if (last === undefined) return [];
  const rules = last.flatMap(({ rule }) => (rule === undefined ? [] : [rule.origin.field]));
  const { key, origin } = last[0].policy;
  return [{ key, object: origin.object, rules }];
}

function note(affected: Map<PolicyKey, AffectedPolicy>, { key, object, rules }: Decision, flipped: FlippedPort): void {
  const known = affected.get(key) ?? { object, rules: new Set(), services: new Map() };
  affected.set(key, known);
  for (const rule of rules) known.rules.add(rule);
  const { namespace, name } = flipped.service.metadata;
  known.services.set(`${namespace}/${name} ${flipped.exposure} ${flipped.keepsClient}`, flipped);
}

function changeOf({ object, rules, services }: AffectedPolicy, from: string, to: string): BehaviourChange {
  const told = [...services.values()].map(({ service, exposure, keepsClient }) => {
    const { namespace, name } = service.metadata;
    const [after, before] = keepsClient
      ? ['the client’s own address', 'a node’s']
      : ['a node’s address', 'the client’s own'];
    return `to ${formatExposure(exposure)} of Service ${namespace}/${name} come with ${after} instead of ${before}`;
  });
  const message = `${[...rules].join(', ')} tells outside clients from nodes: packets ${told.join('; ')}.`;
  return { code: 'PP_CHANGE_POLICY_SOURCE', from, to, object, message };
}
