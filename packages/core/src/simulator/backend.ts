/** The simulator as a backend: a dataplane that is in force in this process alone and can be asked about packets. */
import { type Observable, Subject } from 'rxjs';
import type {
  DataplaneBackend,
  DataplaneEvent,
  DataplaneSession,
  Drift,
  NodeContext,
  NodeFacts,
  Plan,
} from '../backend/backend';
import { CoreError } from '../core-error';
import type { CodeTable } from '../errors';
import type { Behaviours } from '../limits/behaviours';
import type { LimitTable } from '../limits/limit';
import { type Change, DesiredStateStore, type Transition } from '../state';
import { effectiveChanges } from './effective-changes';
import type { SimulatorOptions } from './options';
import { NodeSimulator } from './simulator';
import { STANDARD_BEHAVIOURS } from './standard-behaviours';

/** The backend named `simulator`: does everything, as the standard Linux dataplane does it unless told otherwise. */
export class SimulatorBackend implements DataplaneBackend {
  readonly name = 'simulator';
  readonly limits: LimitTable = [];
  readonly behaviours: Behaviours;
  readonly codes: CodeTable = {};
  /** What is in force on each node, also between sessions. */
  private readonly nodes = new Map<string, SimulatedNode>();

  constructor(private readonly options: SimulatorOptions = {}) {
    this.behaviours = options.behaviours ?? STANDARD_BEHAVIOURS;
  }

  async probe(_node: NodeContext): Promise<NodeFacts> {
    return { backend: this.name, facts: {}, missing: [] };
  }

  async open({ nodeName, networkNamespace }: NodeContext): Promise<SimulatorSession> {
    const place = JSON.stringify([nodeName, networkNamespace]);
    const node = this.nodes.get(place) ?? new SimulatedNode(this.options);
    this.nodes.set(place, node);
    return new SimulatorSession(node, () => this.nodes.delete(place));
  }

  render(transition: Transition): SimulatorPlan {
    return new SimulatorSession(new SimulatedNode(this.options), () => undefined).plan(transition);
  }
}

/** A transition as the list of its changes that have an effect. */
export interface SimulatorPlan extends Plan {
  readonly changes: readonly Change[];
  /** The session's count of applied plans when this one was made. */
  readonly generation: number;
}

export class SimulatorSession implements DataplaneSession<SimulatorPlan> {
  private readonly events = new Subject<DataplaneEvent>();
  readonly events$: Observable<DataplaneEvent> = this.events.asObservable();
  private generation = 0;

  constructor(
    private readonly node: SimulatedNode,
    private readonly forget: () => void,
  ) {}

  /** What is in force now. */
  get state(): DesiredStateStore {
    return this.node.state;
  }

  /** Judges packets by what is in force now. */
  get simulator(): NodeSimulator {
    return this.node.simulator;
  }

  plan(transition: Transition): SimulatorPlan {
    const changes = effectiveChanges(this.node.state, transition);
    const { revision } = transition;
    const print = (): string => changes.map(printChange).join('\n');
    return { revision, isEmpty: changes.length === 0, changes, generation: this.generation, print };
  }

  async apply(plan: SimulatorPlan): Promise<void> {
    if (plan.generation !== this.generation) {
      throw new CoreError('PP_PLAN_STALE', `the plan for revision ${plan.revision} was made from an older state`);
    }
    this.generation += 1;
    this.node.apply(plan.changes);
  }

  /** Nobody else can reach what is in force here. */
  async audit(): Promise<Drift> {
    return { repaired: [] };
  }

  async release(how: 'leave' | 'remove'): Promise<void> {
    if (how === 'remove') this.forget();
    this.events.complete();
  }
}

/** A node's state and the simulator that judges by it. */
class SimulatedNode {
  readonly state = new DesiredStateStore();
  readonly simulator: NodeSimulator;

  constructor(options: SimulatorOptions) {
    this.simulator = new NodeSimulator(this.state, options);
  }

  apply(changes: readonly Change[]): void {
    this.state.apply({ scope: 'delta', changes });
    this.simulator.apply({ scope: 'delta', changes });
  }
}

/** One line a change; an object with its fields as JSON. */
function printChange(change: Change): string {
  if (change.op === 'remove') return `remove ${change.key}`;
  if (change.op === 'put') return `put ${change.object.key} ${JSON.stringify(change.object, withSetsAsLists)}`;
  const members = [...change.removed.map((member) => `-${member}`), ...change.added.map((member) => `+${member}`)];
  return `change ${change.key} ${members.join(' ')}`;
}

function withSetsAsLists(_field: string, value: unknown): unknown {
  return value instanceof Set ? [...value].sort() : value;
}
