/** The desired state after a transition, without touching the state before it. */
import {
  type Change,
  type DesiredKey,
  type DesiredObject,
  type DesiredState,
  DesiredStateStore,
  type IpSet,
  type Transition,
  typeOfKey,
} from '../state';
import { overlay } from './overlay-map';

/** Which of a state's maps holds the objects of a type. */
const MAP_OF: Readonly<Record<DesiredObject['type'], keyof DesiredState>> = {
  settings: 'settings',
  node: 'nodes',
  pool: 'pools',
  ipSet: 'ipSets',
  profile: 'profiles',
  policy: 'policies',
  hostEndpoint: 'hostEndpoints',
  workload: 'workloads',
  route: 'routes',
  service: 'services',
};

type Changed = Map<DesiredKey, DesiredObject | undefined>;

/**
 * Objects are shared, but for sets whose members change: the new state has its own. A delta costs what it changes, however much there is.
 */
export function nextState(state: DesiredState, transition: Pick<Transition, 'scope' | 'changes'>): DesiredState {
  if (transition.scope === 'full') {
    const next = new DesiredStateStore();
    next.apply(transition);
    return next;
  }
  const byMap = new Map<keyof DesiredState, Changed>();
  for (const change of transition.changes) addChange(byMap, state, change);
  const maps = [...byMap].map(([name, changed]) => {
    // A map holds the objects of one type under their own keys, and so do its changes.
    const base = state[name] as ReadonlyMap<DesiredKey, DesiredObject>;
    return [name, overlay(base, changed)] as const;
  });
  // As above: each map is replaced by one of its own kind.
  return { ...copyOf(state), ...(Object.fromEntries(maps) as Partial<DesiredState>) };
}

function addChange(byMap: Map<keyof DesiredState, Changed>, state: DesiredState, change: Change): void {
  const key = change.op === 'put' ? change.object.key : change.key;
  const name = MAP_OF[typeOfKey(key)];
  const changed = byMap.get(name) ?? new Map<DesiredKey, DesiredObject | undefined>();
  byMap.set(name, changed);
  if (change.op === 'put') changed.set(key, change.object);
  else if (change.op === 'remove') changed.set(key, undefined);
  else {
    const known = changed.has(key) ? changed.get(key) : state.ipSets.get(change.key);
    if (known?.type === 'ipSet') changed.set(key, withMembers(known, change));
  }
}

function withMembers(set: IpSet, { added, removed }: Extract<Change, { op: 'members' }>): IpSet {
  const members = new Set(set.members);
  for (const member of removed) members.delete(member);
  for (const member of added) members.add(member);
  return { ...set, members };
}

function copyOf(state: DesiredState): DesiredState {
  const { settings, nodes, pools, ipSets, profiles, policies, hostEndpoints, workloads, routes, services } = state;
  return { settings, nodes, pools, ipSets, profiles, policies, hostEndpoints, workloads, routes, services };
}
