/** Policies that change meaning with the backend: they tell those who dial a service from nodes, and see the other of the two after the switch. */
import { workloadKey } from '../compute/keys';
import type { Pod, Service } from '../resources/kinds/kubernetes';
import { type DesiredState, familyOf, type ObjectRef, type PolicyKey, parseProtocol } from '../state';
import type { ChangeOfObject } from './behaviour-change';
import type { Behaviours } from './behaviours';
import type { ClusterIndex } from './cluster-index';
import { type ExposureKind, exposuresOf, formatExposure, keepsClientAddress } from './exposure';
import type { LimitTable } from './limit';
import { policiesOfPods } from './policies-of-pods';
import { type SenderKind, type Senders, sendersOf } from './senders';
import { isServed } from './served';
import { type IngressPort, type SourceClass, SourceVerdicts } from './source-verdicts';

/** A backend by what a change of backend depends on. */
export interface PolicyBackend {
  readonly name: string;
  readonly behaviours: Behaviours;
  /** Those that hold in the chosen profile. */
  readonly limits: LimitTable;
}

/**
 * One change a policy. A policy is named only if it decides otherwise over an outside client, or over a pod that dials the
 * service from without, than over a node, for a port of a pod behind a service whose client addresses begin or cease to be
 * kept, and the verdict on the packet differs with it. Where no Node is known, a node may have any address outside the pods'.
 */
export function policyChanges(
  cluster: ClusterIndex,
  from: PolicyBackend,
  to: PolicyBackend,
): readonly ChangeOfObject[] {
  const ports = flippedPorts(cluster, from, to);
  if (ports.length === 0) return [];
  const senders = { 4: sendersOf(cluster, 4), 6: sendersOf(cluster, 6) };
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
  readonly senders: Set<SenderKind>;
  readonly services: Map<string, FlippedPort>;
}

/** A policy that decides differently over a sender and a node, and the rules by which it does. */
interface Decision {
  readonly sender: SenderKind;
  readonly key: PolicyKey;
  readonly object: ObjectRef;
  readonly rules: readonly string[];
}

/** Of ports that both backends serve. */
function flippedPorts(cluster: ClusterIndex, from: PolicyBackend, to: PolicyBackend): readonly FlippedPort[] {
  return cluster.all('Service').flatMap((service) => {
    const flipped = exposuresOf(service).filter(
      (kind) => keepsClientAddress(from.behaviours, kind, service) !== keepsClientAddress(to.behaviours, kind, service),
    );
    if (flipped.length === 0) return [];
    return (cluster.endpointsOf(service) ?? []).flatMap(({ address, port, protocol }) => {
      const pod = cluster.podAt(address);
      if (pod === undefined) return [];
      if (![from, to].every(({ limits }) => isServed(limits, protocol, familyOf(address)))) return [];
      return flipped.map(
        (exposure): FlippedPort => ({
          service,
          exposure,
          keepsClient: keepsClientAddress(to.behaviours, exposure, service),
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

/** The policies that let a sender in and keep a node out, or the other way round. */
function decisionsOf(
  { pod: { metadata }, to }: FlippedPort,
  state: DesiredState,
  verdicts: SourceVerdicts,
  senders: Senders,
): readonly Decision[] {
  const workload = state.workloads.get(workloadKey(metadata.namespace ?? '', metadata.name));
  if (workload === undefined) return [];
  const nodes = verdicts.judge(workload, to, senders.nodes);
  return SENDER_KINDS.flatMap((kind) =>
    verdicts
      .judge(workload, to, senders[kind])
      // What a pod sends to itself through a service is another story on every dataplane.
      .filter(({ sources }) => sources.hasOtherThan(to.address))
      .flatMap((sender) =>
        nodes
          .filter((node) => node.isAllowed !== sender.isAllowed)
          .flatMap((node) => decisionOf(sender, node).map((decision) => ({ ...decision, sender: kind }))),
      ),
  );
}

const SENDER_KINDS: readonly SenderKind[] = ['clients', 'pods'];

/** The last policy that both were asked by and that treated them differently: what follows it does not tell them apart. */
function decisionOf(sender: SourceClass, node: SourceClass): readonly Omit<Decision, 'sender'>[] {
  const stepsOfNode = new Map(node.steps.map((step) => [step.policy.key, step]));
  const pairs = sender.steps.flatMap((step) => {
    const other = stepsOfNode.get(step.policy.key);
    return other === undefined || other.rule?.action === step.rule?.action ? [] : [[step, other] as const];
  });
  const last = pairs.at(-1);
  if (last === undefined) return [];
  const rules = last.flatMap(({ rule }) => (rule === undefined ? [] : [rule.origin.field]));
  const { key, origin } = last[0].policy;
  return [{ key, object: origin.object, rules }];
}

function note(affected: Map<PolicyKey, AffectedPolicy>, decision: Decision, flipped: FlippedPort): void {
  const { key, object, rules, sender } = decision;
  const known = affected.get(key) ?? { object, rules: new Set(), senders: new Set(), services: new Map() };
  affected.set(key, known);
  known.senders.add(sender);
  for (const rule of rules) known.rules.add(rule);
  const { namespace, name } = flipped.service.metadata;
  known.services.set(`${namespace}/${name} ${flipped.exposure} ${flipped.keepsClient}`, flipped);
}

function changeOf({ object, rules, senders, services }: AffectedPolicy, from: string, to: string): ChangeOfObject {
  const { they, own } = WORDS[senders.size > 1 ? 'both' : senders.has('pods') ? 'pods' : 'clients'];
  const told = [...services.values()].map(({ service, exposure, keepsClient }) => {
    const { namespace, name } = service.metadata;
    const [after, before] = keepsClient ? [own, 'a node’s'] : ['a node’s address', own.replace(/ address$/, '')];
    return `to ${formatExposure(exposure)} of Service ${namespace}/${name} come with ${after} instead of ${before}`;
  });
  const message = `${[...rules].join(', ')} tells ${they} from nodes: packets ${told.join('; ')}.`;
  return { code: 'PP_CHANGE_POLICY_SOURCE', from, to, object, message };
}

const WORDS: Readonly<Record<SenderKind | 'both', { readonly they: string; readonly own: string }>> = {
  clients: { they: 'outside clients', own: 'the client’s own address' },
  pods: { they: 'pods', own: 'the pod’s own address' },
  both: { they: 'outside clients and pods', own: 'the sender’s own address' },
};
