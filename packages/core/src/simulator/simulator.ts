/** The oracle: what one node's dataplane does to a packet, and which rules decided. */
import type { Behaviours } from '../limits/behaviours';
import { type DesiredObject, type DesiredState, familyOf, type IpAddress, type Transition } from '../state';
import { commonVerdict } from './common-verdict';
import { judgeDelivery } from './delivery-stages';
import { type Arrival, judgeEntry } from './entry-stages';
import { flowOf } from './flow';
import { NodeView } from './node-view';
import type { SimulatorOptions } from './options';
import type { Judgement, Packet, TraceStep, Verdict } from './packet';
import type { RuleCounter } from './policy-table';
import { judgeService } from './service-stage';

/**
 * A node's dataplane as standard Linux and Calico define it. It keeps its own compiled form of the state it is given;
 * later changes reach it by `apply`, and judging after any sequence of them equals judging by a new simulator of the same state.
 *
 * The stages, in order: source check; untracked policy; connection tracking; pre-DNAT policy; translation by floating
 * addresses, services, the host; then for every possible destination routing, then policy (what is forwarded: host endpoint
 * where it came in, sender, receiver, host endpoint where it leaves; what is from or to the host: its host endpoint), masquerade.
 */
export class NodeSimulator {
  private view: NodeView;

  constructor(
    state: DesiredState,
    private readonly options: SimulatorOptions = {},
  ) {
    this.view = new NodeView(options);
    for (const object of objectsOf(state)) this.view.applyChange({ op: 'put', object });
  }

  /** The interface to the network. */
  get uplink(): string {
    return this.view.uplink;
  }

  get behaviours(): Behaviours {
    return this.view.behaviours;
  }

  /** Follows a transition of the state. */
  apply(transition: Pick<Transition, 'scope' | 'changes'>): void {
    if (transition.scope === 'full') this.view = new NodeView(this.options);
    for (const change of transition.changes) this.view.applyChange(change);
  }

  /**
   * What happens to a packet: the first of a flow, unless its `connection` says otherwise. `openFlows` with `nextPacket`,
   * `replyPacket` and `errorPacket` make those that follow the first.
   */
  judge(packet: Packet): Judgement {
    const steps: TraceStep[] = [];
    if (familyOf(packet.source) !== familyOf(packet.destination)) {
      steps.push({ stage: 'route', rule: 'source and destination of two IP families', outcome: 'drop' });
      return refusal('drop', steps);
    }
    const arrival = judgeEntry(this.view, packet, flowOf(packet), steps);
    return typeof arrival === 'string' ? refusal(arrival, steps) : this.judgeArrival(arrival, steps);
  }

  /** The address leads to a workload of this node, or to the node itself; loopback belongs to no node. */
  owns(address: IpAddress): boolean {
    const target = this.view.workloads.floatingTarget(address) ?? address;
    return this.view.workloads.at(target) !== undefined || this.view.host.own.has(target);
  }

  /** Every rule with the number of packets that it matched. */
  counters(): readonly RuleCounter[] {
    return [...this.view.policies.counters()];
  }

  private judgeArrival(arrival: Arrival, steps: TraceStep[]): Judgement {
    const translation = judgeService(this.view, arrival, this.options, steps);
    if (typeof translation === 'string') return refusal(translation, steps);
    const { ways, ...facts } = translation;
    const destinations = ways.map((way) => judgeDelivery(this.view, arrival, way, this.options));
    const isExplicitlyAccepted = destinations.some(({ steps: own }) => own.at(-1)?.stage === 'healthCheck');
    const isTracked = !arrival.isUntracked && arrival.connection?.state !== 'invalid';
    return { verdict: commonVerdict(destinations), destinations, ...facts, isTracked, isExplicitlyAccepted, steps };
  }
}

function refusal(verdict: Verdict, steps: readonly TraceStep[]): Judgement {
  return { verdict, destinations: [], isTranslated: false, isTracked: false, isExplicitlyAccepted: false, steps };
}

function* objectsOf(state: DesiredState): Iterable<DesiredObject> {
  const { settings, nodes, pools, ipSets, profiles, policies, hostEndpoints, workloads, routes, services } = state;
  const maps = [settings, nodes, pools, ipSets, profiles, policies, hostEndpoints, workloads, routes, services];
  for (const map of maps) yield* map.values();
}
