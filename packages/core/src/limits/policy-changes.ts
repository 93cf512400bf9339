/** Policies that change meaning with the backend: they tell outside clients from nodes, and see the other of the two after the switch. */
import type { Behaviours } from '../backend/behaviours';
import { ComputeGraph } from '../compute/graph';
import { workloadKey } from '../compute/keys';
import type { Pod, Service } from '../resources/kinds/kubernetes';
import type { ResourceKind } from '../resources/resource';
import type { ResourceChange } from '../sources/source';
import {
  type Cidr,
  cidrOf,
  type DesiredState,
  DesiredStateStore,
  familyOf,
  type IpFamily,
  type ObjectRef,
  type PolicyKey,
  parseProtocol,
} from '../state';
import { AddressRanges } from './address-ranges';
import type { BehaviourChange } from './behaviour-change';
import { type ClusterIndex, isLive } from './cluster-index';
import { type ExposureKind, exposuresOf, formatExposure, keepsClientAddress } from './exposure';
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
  const state = policiesOf(cluster, new Set(ports.map(({ pod }) => pod)));
  const senders = { 4: new OutsideSenders(cluster, state, 4), 6: new OutsideSenders(cluster, state, 6) };
  const affected = new Map<PolicyKey, AffectedPolicy>();
  for (const flipped of ports) {
    const decisions = senders[familyOf(flipped.to.address)].decisions(flipped.pod, flipped.to);
    for (const decision of decisions) note(affected, decision, flipped);
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

/** Kinds that no policy's meaning depends on. */
const IRRELEVANT: ReadonlySet<ResourceKind> = new Set<ResourceKind>(['Service', 'Node', 'WorkloadEndpoint']);

/** The policies of these pods, wherever they run, as compute resolves them: seen as one node that has them all. */
function policiesOf(cluster: ClusterIndex, pods: ReadonlySet<Pod>): DesiredState {
  const nodeName = 'every-node';
  const graph = new ComputeGraph({ nodeName });
  const changes = cluster.resources.flatMap((resource): readonly ResourceChange[] => {
    if (IRRELEVANT.has(resource.kind)) return [];
    return [
      {
        op: 'put',
        resource: resource.kind === 'Pod' ? moved(resource, pods.has(resource) ? nodeName : undefined) : resource,
      },
    ];
  });
  const store = new DesiredStateStore();
  store.apply({ scope: 'full', changes: graph.apply(changes) });
  return store;
}

/** The pod on another node, or on none: then it only counts where rules select it. */
function moved(pod: Pod, nodeName: string | undefined): Pod {
  const { nodeName: _, ...spec } = pod.spec;
  return { ...pod, spec: nodeName === undefined ? spec : { ...spec, nodeName } };
}

/** Who sends to pods from outside: clients under their own addresses, or under a node's. */
class OutsideSenders {
  private readonly clients: AddressRanges;
  private readonly nodes: AddressRanges;
  private readonly verdicts: SourceVerdicts;

  constructor(
    cluster: ClusterIndex,
    private readonly state: DesiredState,
    family: IpFamily,
  ) {
    const nodes = AddressRanges.of(family, nodeRangesOf(cluster));
    this.clients = AddressRanges.all(family)
      .minus(AddressRanges.of(family, podRangesOf(cluster)))
      .minus(nodes);
    this.nodes = nodes.isEmpty ? this.clients : nodes;
    this.verdicts = new SourceVerdicts(state, family);
  }

  /** The policies that let a client in and keep a node out, or the other way round. */
  decisions({ metadata: { namespace = '', name } }: Pod, to: IngressPort): readonly Decision[] {
    const workload = this.state.workloads.get(workloadKey(namespace, name));
    if (workload === undefined) return [];
    const clients = this.verdicts.judge(workload, to, this.clients);
    const nodes = this.verdicts.judge(workload, to, this.nodes);
    return clients.flatMap((client) =>
      nodes.filter((node) => node.isAllowed !== client.isAllowed).flatMap((node) => decisionOf(client, node)),
    );
  }
}

function nodeRangesOf(cluster: ClusterIndex): readonly Cidr[] {
  return cluster.all('Node').flatMap(({ status }) => status.addresses.map(({ address }) => cidrOf(address)));
}

function podRangesOf(cluster: ClusterIndex): readonly Cidr[] {
  const ofNodes = cluster.all('Node').flatMap(({ spec }) => spec.podCIDRs);
  const ofPods = cluster.all('Pod').flatMap((pod) => (isLive(pod) ? pod.status.podIPs.map(cidrOf) : []));
  const ofPools = cluster.all('IPPool').flatMap(({ spec }) => (spec.disabled ? [] : spec.cidr));
  const installed = cluster
    .all('Installation')
    .flatMap(({ spec }) => spec.calicoNetwork.ipPools.map(({ cidr }) => cidr));
  return [...ofNodes, ...ofPods, ...ofPools, ...installed];
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
