/** A session: plans purely, applies to the kernel, audits, and knows what is in force. */
import { type Observable, Subject } from 'rxjs';
import {
  CoreError,
  type DataplaneEvent,
  type DataplaneSession,
  type DesiredState,
  DesiredStateStore,
  type Drift,
  type Logger,
  nextState,
  type Transition,
} from '@polyplane/core/backend';
import { isAnyStale, staleConnections } from './conntrack/stale-connections';
import { EbpfError } from './ebpf-error';
import type { ConntrackTable } from './kernel/conntrack-table';
import type { KernelDataplane } from './kernel/dataplane';
import { type EbpfPlan, printStep } from './plan';
import { flowRecordOf } from './render/flow-record';
import { isSameInterfaces } from './render/interfaces';
import type { HostInterfaces } from './render/node-facts';
import type { NodeRenderer, NodeStep } from './render/node-renderer';

/** What a session needs of its backend. */
export interface SessionParts {
  readonly renderer: NodeRenderer;
  readonly logger: Logger;
  /** Loads the programs over what is pinned already, or over nothing; called before the first write. */
  openDataplane(): Promise<OpenDataplane>;
  readInterfaces(): HostInterfaces;
  /** Calls when they may have changed, until the answer is called. */
  watchInterfaces(onChange: () => void): () => void;
  /** Removes every trace of ours in the namespace. */
  removeTraces(): Promise<void>;
  /** From now on flows that the programs tell of are handed over, as bytes of `pp_events`. Called once, when the dataplane is open. */
  followFlows(onEvent: (record: Buffer) => void): void;
  /** Lets go of what this process holds. */
  close(): void;
  /** Until the answer is called. */
  every(seconds: number, action: () => void): () => void;
}

/** What is in the kernel. */
export interface OpenDataplane {
  readonly dataplane: KernelDataplane;
  readonly conntrack: ConntrackTable;
}

/** Between two looks for connections that are over. */
const SWEEP_SECONDS = 10;

/** A session of the eBPF backend. */
export class EbpfSession implements DataplaneSession<EbpfPlan> {
  private readonly events = new Subject<DataplaneEvent>();
  readonly events$: Observable<DataplaneEvent> = this.events.asObservable();

  private state: DesiredState = new DesiredStateStore();
  private basis = Symbol('state');
  private opened: OpenDataplane | undefined;
  private stopSweeping: () => void = () => undefined;
  private stopWatching: () => void = () => undefined;
  /** What is in the kernel is what was applied last. Not so before the first apply, and after one that failed half way. */
  private isInForceKnown = false;
  private attachments: NodeStep['attachments'] = new Map();
  private hasApplied = false;
  private isReleased = false;

  constructor(
    private readonly parts: SessionParts,
    private interfaces: HostInterfaces,
  ) {}

  plan(transition: Transition): EbpfPlan {
    this.assertOpen();
    const state = nextState(this.state, transition);
    const { interfaces } = this;
    const step = this.parts.renderer.stepTo(this.state, state, transition, interfaces);
    const addresses = [...interfaces.values()].flatMap((found) => found.addresses);
    // Services may have changed while no session was there: the first plan looks at all of them.
    const stale = staleConnections(this.hasApplied ? this.state : undefined, state, addresses);
    return {
      revision: transition.revision,
      isEmpty: this.isInForceKnown && this.isEmpty(step) && !isAnyStale(stale),
      print: () => printStep(step, interfaces),
      basis: this.basis,
      state,
      step,
      stale,
    };
  }

  async apply(plan: EbpfPlan): Promise<void> {
    this.assertOpen();
    if (plan.basis !== this.basis) {
      throw new CoreError('PP_PLAN_STALE', `plan of revision ${plan.revision} starts from a state that is gone`);
    }
    const { dataplane, conntrack } = await this.openDataplane();
    const wasKnown = this.isInForceKnown;
    this.isInForceKnown = false;
    dataplane.apply(plan.step);
    this.parts.renderer.commit(plan.step);
    this.attachments = plan.step.attachments;
    this.forgetStale(conntrack, plan);
    this.state = plan.state;
    this.basis = Symbol('state');
    // What an earlier session left, or a failed apply, is held against what is wanted.
    if (!wasKnown) dataplane.repair(this.parts.renderer.committed, this.attachments);
    this.isInForceKnown = true;
    this.followInterfaces(dataplane);
  }

  async audit(): Promise<Drift> {
    this.assertOpen();
    if (this.opened === undefined) return { repaired: [] };
    const { dataplane } = this.opened;
    const repaired = this.followInterfaces(dataplane);
    return { repaired: [...repaired, ...dataplane.repair(this.parts.renderer.committed, this.attachments)] };
  }

  async release(how: 'leave' | 'remove'): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    this.stopSweeping();
    this.stopWatching();
    this.parts.close();
    if (how === 'remove') await this.parts.removeTraces();
    this.events.complete();
  }

  private async openDataplane(): Promise<OpenDataplane> {
    if (this.opened !== undefined) return this.opened;
    const opened = await this.parts.openDataplane();
    this.opened = opened;
    this.parts.followFlows((record) => this.tellFlow(record));
    this.stopSweeping = this.parts.every(SWEEP_SECONDS, () => this.sweep(opened.conntrack));
    this.stopWatching = this.parts.watchInterfaces(() => this.onInterfacesChanged(opened.dataplane));
    return opened;
  }

  private sweep(conntrack: ConntrackTable): void {
    try {
      conntrack.sweep();
    } catch (error) {
      // What is over stays until the next time.
      this.parts.logger.warn({ error }, 'connections that are over could not be forgotten');
    }
  }

  /** After the programs, so that what is forgotten is judged by the new ones. */
  private forgetStale(conntrack: ConntrackTable, { stale }: EbpfPlan): void {
    if (isAnyStale(stale)) conntrack.forget(stale);
    this.hasApplied = true;
  }

  private tellFlow(record: Buffer): void {
    const interfaceName = (index: number): string | undefined =>
      [...this.interfaces].find(([, known]) => known.index === index)?.[0];
    const ruleOf = (number: number) => this.parts.renderer.ruleOf(number);
    const flow = flowRecordOf(record, { state: this.state, ruleOf, interfaceName });
    if (flow !== undefined) this.events.next({ type: 'flow', flow });
  }

  private isEmpty({ entries, sets, changedEndpoints, goneEndpoints, attachments }: NodeStep): boolean {
    const { writes, deletions } = entries.changes;
    const counts = [writes.length, deletions.length, sets.added.length, sets.removed.length, changedEndpoints.size];
    if (counts.some((count) => count > 0) || goneEndpoints.length > 0) return false;
    return this.opened?.dataplane.isAttachedOtherwise(attachments) === false;
  }

  /** Between two applies: a pod's interface is closed or open at once, whoever made it. */
  private onInterfacesChanged(dataplane: KernelDataplane): void {
    // A failed apply is made good by the next one, which looks at the interfaces, too.
    if (this.isReleased || !this.isInForceKnown) return;
    try {
      this.followInterfaces(dataplane);
    } catch (error) {
      this.isInForceKnown = false;
      this.parts.logger.warn({ error }, 'changed interfaces could not be followed');
      this.events.next({ type: 'foreignChange', description: 'interfaces of the host have changed' });
    }
  }

  /** An interface that came or went, or has other addresses: what is said of it follows. */
  private followInterfaces(dataplane: KernelDataplane): readonly string[] {
    const interfaces = this.parts.readInterfaces();
    if (isSameInterfaces(interfaces, this.interfaces)) return [];
    const step = this.parts.renderer.stepToInterfaces(this.state, this.interfaces, interfaces);
    this.interfaces = interfaces;
    this.basis = Symbol('state');
    dataplane.apply(step);
    this.parts.renderer.commit(step);
    this.attachments = step.attachments;
    return ['interfaces of the host have changed'];
  }

  private assertOpen(): void {
    if (this.isReleased) throw new EbpfError('PP_EBPF_RELEASED', 'the session was released', { isRetriable: false });
  }
}
