/** The desired state of a node in the form in which the simulator asks it, kept up to date change by change. */
import type { Behaviours } from '../backend/behaviours';
import {
  type Change,
  type ClusterNode,
  type DesiredKey,
  type DesiredObject,
  familyOf,
  type HostEndpoint,
  type HostEndpointKey,
  type IpAddress,
  type IpFamily,
  type IpSetKey,
  type NodeKey,
  type NodeSettings,
  type PolicyKey,
  type PoolKey,
  type ProfileKey,
  parseCidr,
  type RouteKey,
  SETTINGS_KEY,
  type ServicePortKey,
  typeOfKey,
  type WorkloadEndpoint,
  type WorkloadKey,
} from '../state';
import { NetSet } from './address-value';
import { ClaimIndex } from './claim-index';
import type { FlowEnd } from './flow';
import { HostEndpointTable } from './host-endpoint-table';
import type { SimulatorOptions } from './options';
import { PolicyTable } from './policy-table';
import { PoolTable } from './pool-table';
import { RouteTable } from './route-table';
import { ServiceTable } from './service-table';
import { SetTable } from './set-table';
import { STANDARD_BEHAVIOURS } from './standard-behaviours';

/** A local workload with its allowed sources ready to be asked. */
export interface LocalWorkload {
  readonly key: WorkloadKey;
  readonly endpoint: WorkloadEndpoint;
  readonly allowedSources: NetSet;
}

/** What a node does that was told nothing. */
const NO_SETTINGS: NodeSettings = {
  type: 'settings',
  key: SETTINGS_KEY,
  nodeName: '',
  nodeAddresses: [],
  localhostNodePorts: false,
  masqueradeAll: false,
  localDetector: { kind: 'none' },
  workloadInterfacePrefixes: [],
  endpointToHostAction: 'drop',
  failsafeInbound: [],
  failsafeOutbound: [],
};

const LOOPBACK = NetSet.of([parseCidr('127.0.0.0/8'), parseCidr('::1')]);
const LINK_LOCAL = NetSet.of([parseCidr('fe80::/10')]);
const LINK_MULTICAST = NetSet.of([parseCidr('ff02::/16')]);

export class NodeView {
  readonly uplink: string;
  readonly behaviours: Behaviours;
  readonly services = new ServiceTable();
  readonly policies: PolicyTable;
  readonly pools = new PoolTable();
  readonly routes = new RouteTable();
  private readonly sets = new SetTable();
  private readonly nodes = new Map<NodeKey, ClusterNode>();
  private peers: ReadonlySet<IpAddress> = new Set();
  private readonly workloads = new Map<WorkloadKey, LocalWorkload>();
  private readonly workloadsByAddress = new ClaimIndex<IpAddress, WorkloadKey, LocalWorkload>();
  private readonly workloadsByFloatingAddress = new ClaimIndex<IpAddress, WorkloadKey, LocalWorkload>();
  private readonly hostEndpoints = new HostEndpointTable();
  private currentSettings = NO_SETTINGS;
  private hostAddresses: ReadonlySet<IpAddress> = new Set();
  private podSources = new NetSet();
  private nodePortAddresses: NetSet | undefined;
  private loopRanges = new NetSet();

  constructor(private readonly options: SimulatorOptions) {
    this.uplink = options.uplink ?? 'eth0';
    this.behaviours = options.behaviours ?? STANDARD_BEHAVIOURS;
    this.policies = new PolicyTable(this.sets);
    this.refreshHost();
  }

  get settings(): NodeSettings {
    return this.currentSettings;
  }

  applyChange(change: Change): void {
    if (change.op === 'put') this.put(change.object);
    else if (change.op === 'remove') this.remove(change.key);
    else this.sets.changeMembers(change.key, change.added, change.removed);
  }

  workload(key: WorkloadKey): LocalWorkload | undefined {
    return this.workloads.get(key);
  }

  /** The workload's own address that a floating one stands for; of several claims, that of the smallest key. */
  floatingTarget(address: IpAddress): IpAddress | undefined {
    const floating = this.workloadsByFloatingAddress.get(address)?.endpoint.floatingAddresses ?? [];
    return floating.find((candidate) => candidate.address === address)?.target;
  }

  /** The workload with this address; of several, the one with the smallest key. */
  workloadAt(address: IpAddress): LocalWorkload | undefined {
    return this.workloadsByAddress.get(address);
  }

  /** The source is one of the workload's own; on IPv6, link-local addresses are everybody's. */
  maySend({ endpoint, allowedSources }: LocalWorkload, { address, value }: FlowEnd): boolean {
    return endpoint.addresses.includes(address) || allowedSources.contains(value) || LINK_LOCAL.contains(value);
  }

  /** The name is one that only workloads' interfaces have. */
  isWorkloadInterface(interfaceName: string): boolean {
    return this.currentSettings.workloadInterfacePrefixes.some((prefix) => interfaceName.startsWith(prefix));
  }

  /** The host endpoint that holds on an interface. */
  hostEndpointOn(interfaceName: string): HostEndpoint | undefined {
    return this.hostEndpoints.find(interfaceName, interfaceName === this.uplink ? this.hostAddresses : new Set());
  }

  /** The address is one of the host's own, loopback included. */
  isHostAddress({ address, value }: FlowEnd): boolean {
    return this.hostAddresses.has(address) || LOOPBACK.contains(value);
  }

  /** As {@link isHostAddress}, without loopback. */
  isNodeAddress(address: IpAddress): boolean {
    return this.hostAddresses.has(address);
  }

  isLoopback({ value }: FlowEnd): boolean {
    return LOOPBACK.contains(value);
  }

  /** The node's own address of a family, for packets that it masquerades. */
  masqueradeAddress(family: IpFamily): IpAddress | undefined {
    return [...this.hostAddresses].find((address) => familyOf(address) === family);
  }

  /**
   * The address, one of the host's own, answers on node ports; or that of any node, where the dataplane is of that kind.
   * Loopback does so on IPv4 only, and only when wanted.
   */
  isNodePortAddress(end: FlowEnd): boolean {
    if (!this.isHostAddress(end)) return this.behaviours.nodePortNat === 'anyNode' && this.peers.has(end.address);
    if (LOOPBACK.contains(end.value) && (typeof end.value === 'bigint' || !this.currentSettings.localhostNodePorts)) {
      return false;
    }
    return this.nodePortAddresses?.contains(end.value) ?? true;
  }

  /** The IPv6 address never leaves its link. */
  isLinkScope({ value }: FlowEnd): boolean {
    return LINK_LOCAL.contains(value) || LINK_MULTICAST.contains(value);
  }

  /** The address is in a service range that must not be routed on. */
  mayLoop({ value }: FlowEnd): boolean {
    return this.loopRanges.contains(value);
  }

  /** The source lies in the ranges by which the node tells pods. */
  isPodSource({ value }: FlowEnd): boolean {
    return this.podSources.contains(value);
  }

  private put(object: DesiredObject): void {
    if (object.type === 'settings') this.putSettings(object);
    else if (object.type === 'node') this.putNode(object);
    else if (object.type === 'pool') this.pools.put(object);
    else if (object.type === 'ipSet') this.sets.put(object);
    else if (object.type === 'policy' || object.type === 'profile') this.policies.put(object);
    else if (object.type === 'hostEndpoint') this.hostEndpoints.put(object);
    else if (object.type === 'workload') this.putWorkload(object);
    else if (object.type === 'route') this.routes.put(object);
    else this.services.put(object);
  }

  private remove(key: DesiredKey): void {
    // A key's type is in its text, so each cast only repeats what `typeOfKey` has read there.
    const type = typeOfKey(key);
    if (type === 'settings') this.putSettings(NO_SETTINGS);
    else if (type === 'node') this.removeNode(key as NodeKey);
    else if (type === 'pool') this.pools.remove(key as PoolKey);
    else if (type === 'ipSet') this.sets.remove(key as IpSetKey);
    else if (type === 'policy' || type === 'profile') this.policies.remove(key as PolicyKey | ProfileKey);
    else if (type === 'hostEndpoint') this.hostEndpoints.remove(key as HostEndpointKey);
    else if (type === 'workload') this.removeWorkload(key as WorkloadKey);
    else if (type === 'route') this.routes.remove(key as RouteKey);
    else this.services.remove(key as ServicePortKey);
  }

  private putSettings(settings: NodeSettings): void {
    const { localDetector, nodePortAddresses } = settings;
    this.currentSettings = settings;
    this.podSources = NetSet.of(localDetector.kind === 'cidrs' ? localDetector.cidrs : []);
    this.loopRanges = NetSet.of(settings.serviceLoopPrevention?.cidrs ?? []);
    this.nodePortAddresses = nodePortAddresses === undefined ? undefined : NetSet.of(nodePortAddresses);
    this.refreshHost();
  }

  private putNode(node: ClusterNode): void {
    this.nodes.set(node.key, node);
    this.refreshHost();
  }

  private removeNode(key: NodeKey): void {
    this.nodes.delete(key);
    this.refreshHost();
  }

  private refreshHost(): void {
    const nodes = [...this.nodes.values()];
    const addressesOf = (isLocal: boolean): readonly IpAddress[] =>
      nodes.filter((node) => node.isLocal === isLocal).flatMap(({ addresses }) => addresses);
    const { nodeAddresses } = this.currentSettings;
    this.hostAddresses = new Set([...nodeAddresses, ...addressesOf(true), ...(this.options.localAddresses ?? [])]);
    this.peers = new Set(addressesOf(false));
    this.hostEndpoints.forgetAddresses();
  }

  private putWorkload(endpoint: WorkloadEndpoint): void {
    this.removeWorkload(endpoint.key);
    const workload = { key: endpoint.key, endpoint, allowedSources: NetSet.of(endpoint.allowedSources) };
    this.workloads.set(endpoint.key, workload);
    for (const address of endpoint.addresses) this.workloadsByAddress.add(address, workload);
    for (const { address } of endpoint.floatingAddresses ?? []) this.workloadsByFloatingAddress.add(address, workload);
  }

  private removeWorkload(key: WorkloadKey): void {
    const workload = this.workloads.get(key);
    if (workload === undefined) return;
    this.workloads.delete(key);
    const { addresses, floatingAddresses = [] } = workload.endpoint;
    for (const address of addresses) this.workloadsByAddress.delete(address, key);
    for (const { address } of floatingAddresses) this.workloadsByFloatingAddress.delete(address, key);
  }
}
