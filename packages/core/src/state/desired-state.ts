/** The desired state of one node: typed maps, changed only by transitions. */
import type { HostEndpoint, HostEndpointKey, WorkloadEndpoint, WorkloadKey } from './endpoint';
import type { IpSet, IpSetKey, IpSetMember } from './ip-set';
import type { ClusterNode, NodeKey, NodeSettings, SettingsKey } from './node';
import type { Policy, PolicyKey, Profile, ProfileKey } from './policy';
import type { IpPool, PoolKey } from './pool';
import type { Route, RouteKey } from './route';
import type { ServicePort, ServicePortKey } from './service';
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  type DesiredType,
  orderChanges,
  type Transition,
  typeOfKey,
} from './transition';

/** What one node's dataplane must do. Read-only: a view that changes only through its owner. */
export interface DesiredState {
  readonly settings: ReadonlyMap<SettingsKey, NodeSettings>;
  readonly nodes: ReadonlyMap<NodeKey, ClusterNode>;
  readonly pools: ReadonlyMap<PoolKey, IpPool>;
  readonly ipSets: ReadonlyMap<IpSetKey, IpSet>;
  readonly profiles: ReadonlyMap<ProfileKey, Profile>;
  readonly policies: ReadonlyMap<PolicyKey, Policy>;
  readonly hostEndpoints: ReadonlyMap<HostEndpointKey, HostEndpoint>;
  readonly workloads: ReadonlyMap<WorkloadKey, WorkloadEndpoint>;
  readonly routes: ReadonlyMap<RouteKey, Route>;
  readonly services: ReadonlyMap<ServicePortKey, ServicePort>;
}

/** How many objects of each type a desired state has. */
export function countObjects(state: DesiredState): Readonly<Record<DesiredType, number>> {
  return {
    settings: state.settings.size,
    node: state.nodes.size,
    pool: state.pools.size,
    ipSet: state.ipSets.size,
    profile: state.profiles.size,
    policy: state.policies.size,
    hostEndpoint: state.hostEndpoints.size,
    workload: state.workloads.size,
    route: state.routes.size,
    service: state.services.size,
  };
}

/** A desired state that transitions can be applied to. Objects put into it are never changed, sets are copied once. */
export class DesiredStateStore implements DesiredState {
  readonly settings = new Map<SettingsKey, NodeSettings>();
  readonly nodes = new Map<NodeKey, ClusterNode>();
  readonly pools = new Map<PoolKey, IpPool>();
  readonly ipSets = new Map<IpSetKey, IpSet>();
  readonly profiles = new Map<ProfileKey, Profile>();
  readonly policies = new Map<PolicyKey, Policy>();
  readonly hostEndpoints = new Map<HostEndpointKey, HostEndpoint>();
  readonly workloads = new Map<WorkloadKey, WorkloadEndpoint>();
  readonly routes = new Map<RouteKey, Route>();
  readonly services = new Map<ServicePortKey, ServicePort>();

  /** The sets whose members this store owns and may change in place. */
  private readonly ownedMembers = new WeakMap<IpSet, Set<IpSetMember>>();

  /** Puts a transition into the state; a `full` one replaces it. */
  apply(transition: Pick<Transition, 'scope' | 'changes'>): void {
    if (transition.scope === 'full') this.clear();
    for (const change of transition.changes) this.applyChange(change);
  }

  /** The object under this key, as the store holds it now. */
  get(key: DesiredKey): DesiredObject | undefined {
    return this.mapOf(typeOfKey(key)).get(key);
  }

  /** The object as it is now; unlike what {@link get} gives, a set's members in it never change. */
  getSnapshot(key: DesiredKey): DesiredObject | undefined {
    const object = this.get(key);
    return object && this.snapshot(object);
  }

  /** Every object, in creation order. */
  *objects(): Iterable<DesiredObject> {
    for (const map of this.maps()) yield* map.values();
  }

  /** The whole state as one transition. */
  toTransition(revision: number, isInSync: boolean): Transition {
    const changes = [...this.objects()].map((object): Change => ({ op: 'put', object: this.snapshot(object) }));
    return { revision, scope: 'full', isInSync, changes: orderChanges(changes) };
  }

  private applyChange(change: Change): void {
    if (change.op === 'put') this.mapOf(change.object.type).set(change.object.key, change.object);
    else if (change.op === 'remove') this.mapOf(typeOfKey(change.key)).delete(change.key);
    else this.changeMembers(change.key, change.added, change.removed);
  }

  private changeMembers(key: IpSetKey, added: readonly IpSetMember[], removed: readonly IpSetMember[]): void {
    const current = this.ipSets.get(key);
    if (current === undefined) return;
    let members = this.ownedMembers.get(current);
    if (members === undefined) {
      members = new Set(current.members);
      const owned: IpSet = { ...current, members };
      this.ownedMembers.set(owned, members);
      this.ipSets.set(key, owned);
    }
    for (const member of removed) members.delete(member);
    for (const member of added) members.add(member);
  }

  private snapshot(object: DesiredObject): DesiredObject {
    return object.type === 'ipSet' && this.ownedMembers.has(object)
      ? { ...object, members: new Set(object.members) }
      : object;
  }

  private clear(): void {
    for (const map of this.maps()) map.clear();
  }

  private maps(): readonly Map<DesiredKey, DesiredObject>[] {
    const maps = [
      this.settings,
      this.nodes,
      this.pools,
      this.ipSets,
      this.profiles,
      this.policies,
      this.hostEndpoints,
      this.workloads,
      this.routes,
      this.services,
    ];
    // Each map holds the objects of its own type under their own keys; callers pick the map by the object's type.
    return maps as unknown as readonly Map<DesiredKey, DesiredObject>[];
  }

  private mapOf(type: DesiredObject['type']): Map<DesiredKey, DesiredObject> {
    const byType = {
      settings: this.settings,
      node: this.nodes,
      pool: this.pools,
      ipSet: this.ipSets,
      profile: this.profiles,
      policy: this.policies,
      hostEndpoint: this.hostEndpoints,
      workload: this.workloads,
      route: this.routes,
      service: this.services,
    };
    // As above: the type picks the map that holds exactly such keys and objects.
    return byType[type] as unknown as Map<DesiredKey, DesiredObject>;
  }
}
