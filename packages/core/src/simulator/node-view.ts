/** The desired state of a node in the form in which the simulator asks it, kept up to date change by change. */
import type { Behaviours } from '../limits/behaviours';
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  type HostEndpoint,
  type HostEndpointKey,
  type IpAddress,
  type IpSetKey,
  type NodeKey,
  type NodeSettings,
  type PolicyKey,
  type PoolKey,
  type ProfileKey,
  type RouteKey,
  SETTINGS_KEY,
  type ServicePortKey,
  typeOfKey,
  type WorkloadKey,
} from '../state';
import { NetSet } from './address-value';
import type { FlowEnd } from './flow';
import { HostAddresses } from './host-addresses';
import { HostEndpointTable } from './host-endpoint-table';
import type { SimulatorOptions } from './options';
import { PolicyTable } from './policy-table';
import { PoolTable } from './pool-table';
import { RouteTable } from './route-table';
import { ServiceTable } from './service-table';
import { SetTable } from './set-table';
import { STANDARD_BEHAVIOURS } from './standard-behaviours';
import { WorkloadTable } from './workload-table';

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

const NO_ADDRESSES: ReadonlySet<IpAddress> = new Set();

export class NodeView {
  readonly uplink: string;
  readonly behaviours: Behaviours;
  readonly host: HostAddresses;
  readonly workloads = new WorkloadTable();
  readonly services = new ServiceTable();
  readonly policies: PolicyTable;
  readonly pools = new PoolTable();
  readonly routes = new RouteTable();
  private readonly sets = new SetTable();
  private readonly hostEndpoints = new HostEndpointTable();
  private currentSettings = NO_SETTINGS;
  private podSources = new NetSet();
  private loopRanges = new NetSet();

  constructor(options: SimulatorOptions) {
    this.uplink = options.uplink ?? 'eth0';
    this.behaviours = options.behaviours ?? STANDARD_BEHAVIOURS;
    this.host = new HostAddresses(options.localAddresses ?? [], this.behaviours.nodePortNat);
    this.policies = new PolicyTable(this.sets, options.tellsUnmatched ?? false);
  }

  get settings(): NodeSettings {
    return this.currentSettings;
  }

  applyChange(change: Change): void {
    if (change.op === 'put') this.put(change.object);
    else if (change.op === 'remove') this.remove(change.key);
    else this.sets.changeMembers(change.key, change.added, change.removed);
  }

  /** The host endpoint that holds on an interface. */
  hostEndpointOn(interfaceName: string): HostEndpoint | undefined {
    return this.hostEndpoints.find(interfaceName, interfaceName === this.uplink ? this.host.own : NO_ADDRESSES);
  }

  /** The name is one that only workloads' interfaces have. */
  isWorkloadInterface(interfaceName: string): boolean {
    return this.currentSettings.workloadInterfacePrefixes.some((prefix) => interfaceName.startsWith(prefix));
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
    else if (object.type === 'node') this.host.putNode(object);
    else if (object.type === 'pool') this.pools.put(object);
    else if (object.type === 'ipSet') this.sets.put(object);
    else if (object.type === 'policy' || object.type === 'profile') this.policies.put(object);
    else if (object.type === 'hostEndpoint') this.hostEndpoints.put(object);
    else if (object.type === 'workload') this.workloads.put(object);
    else if (object.type === 'route') this.routes.put(object);
    else this.services.put(object);
    this.forgetAddresses(object.type);
  }

  private remove(key: DesiredKey): void {
    // A key's type is in its text, so each cast only repeats what `typeOfKey` has read there.
    const type = typeOfKey(key);
    if (type === 'settings') this.putSettings(NO_SETTINGS);
    else if (type === 'node') this.host.removeNode(key as NodeKey);
    else if (type === 'pool') this.pools.remove(key as PoolKey);
    else if (type === 'ipSet') this.sets.remove(key as IpSetKey);
    else if (type === 'policy' || type === 'profile') this.policies.remove(key as PolicyKey | ProfileKey);
    else if (type === 'hostEndpoint') this.hostEndpoints.remove(key as HostEndpointKey);
    else if (type === 'workload') this.workloads.remove(key as WorkloadKey);
    else if (type === 'route') this.routes.remove(key as RouteKey);
    else this.services.remove(key as ServicePortKey);
    this.forgetAddresses(type);
  }

  private putSettings(settings: NodeSettings): void {
    const { localDetector, serviceLoopPrevention } = settings;
    this.currentSettings = settings;
    this.podSources = NetSet.of(localDetector.kind === 'cidrs' ? localDetector.cidrs : []);
    this.loopRanges = NetSet.of(serviceLoopPrevention?.cidrs ?? []);
    this.host.putSettings(settings);
  }

  /** Which host endpoint holds where depends on the addresses of the host. */
  private forgetAddresses(changed: DesiredObject['type']): void {
    if (changed === 'settings' || changed === 'node') this.hostEndpoints.forgetAddresses();
  }
}
