/** The desired state after a transition, without touching the state before it. */
import { type DesiredKey, type DesiredObject, type DesiredState, DesiredStateStore, type Transition } from '../state';

/** Objects are shared, but for sets whose members change: the new state has its own. */
export function nextState(state: DesiredState, transition: Pick<Transition, 'scope' | 'changes'>): DesiredState {
  const next = new DesiredStateStore();
  if (transition.scope === 'delta') {
    copy(state.settings, next.settings);
    copy(state.nodes, next.nodes);
    copy(state.pools, next.pools);
    copy(state.ipSets, next.ipSets);
    copy(state.profiles, next.profiles);
    copy(state.policies, next.policies);
    copy(state.hostEndpoints, next.hostEndpoints);
    copy(state.workloads, next.workloads);
    copy(state.routes, next.routes);
    copy(state.services, next.services);
  }
  next.apply(transition);
  return next;
}

function copy<Key extends DesiredKey, Value extends DesiredObject>(
  from: ReadonlyMap<Key, Value>,
  to: Map<Key, Value>,
): void {
  for (const [key, value] of from) to.set(key, value);
}
