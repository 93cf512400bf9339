/** A session: plans purely, applies to the kernel, audits, and knows what is in force. */
import { type Observable, Subject } from 'rxjs';
import {
  CoreError,
  type DataplaneEvent,
  type DataplaneSession,
  type DesiredState,
  DesiredStateStore,
  type Drift,
  floatingTargets,
  type HostLinks,
  type IpAddress,
  isSameLinks,
  type Logger,
  nextState,
  type Plan,
  placesWithStaleFlows,
  policedFlows,
  SETTINGS_KEY,
  servedPlaces,
  staleFloatingFlows,
  staleFloatingTracked,
  staleServiceFlows,
  type Transition,
} from '@polyplane/core/backend';
import { IptablesError } from './iptables-error';
import type { KernelDataplane } from './kernel/dataplane';
import type { FlowTable } from './kernel/linux';
import type { IptablesOptions } from './options';
import { formatPlan, type PlannedWork } from './plan-text';
import { isEmptyProgram, type KernelState, type Program, stateAfter } from './render/program';
import { type Renderer, unrenderableObjects } from './render/render';
import { RuleForms } from './render/rule-forms';
import { EMPTY_RULESET, type Ruleset } from './render/ruleset';

/** A transition as restore text, set commands and conntrack commands. */
export interface IptablesPlan extends Plan, PlannedWork {
  /** The session's state that the plan starts from. */
  readonly basis: symbol;
  readonly state: DesiredState;
  readonly ruleset: Ruleset;
}

/** What a session needs of its backend. */
export interface SessionParts {
  readonly renderer: Renderer;
  readonly dataplane: KernelDataplane;
  readonly conntrack: FlowTable;
  readonly logger: Logger;
  readonly establishedOnPolicyChange: IptablesOptions['establishedOnPolicyChange'];
  readLinks(): Promise<HostLinks>;
  /** Removes every trace of ours in the namespace, whichever variant holds it. */
  removeTraces(): Promise<void>;
}

/** A session of the iptables backend. */
export class IptablesSession implements DataplaneSession<IptablesPlan> {
  private readonly events = new Subject<DataplaneEvent>();
  /**
   * Silent until the release. The kernel tells of changes to nftables alone, not of those to legacy tables or sets, and of our
   * own writes likewise: what others change is found by the audits, in both variants alike.
   */
  readonly events$: Observable<DataplaneEvent> = this.events.asObservable();

  private state: DesiredState = new DesiredStateStore();
  private ruleset = EMPTY_RULESET;
  private basis = Symbol('state');
  /** An apply failed half way: `inForce` has to be read again. */
  private isInForceKnown = true;
  private hasApplied = false;
  private isReleased = false;
  private readonly forms = new RuleForms();
  private toldObstacles = '';

  constructor(
    private readonly parts: SessionParts,
    /** What an earlier session left. */
    private inForce: KernelState,
    private links: HostLinks,
  ) {
    this.tellObstacles();
  }

  plan(transition: Transition): IptablesPlan {
    this.assertOpen();
    const state = nextState(this.state, transition);
    const ruleset = this.parts.renderer.render(state, this.links);
    const program = this.parts.dataplane.programTo(this.inForce, ruleset);
    // Services may have changed while no session was there: the first plan looks at all of them.
    const places = this.hasApplied ? placesWithStaleFlows(this.state, state) : servedPlaces(state);
    const flows = [
      ...staleFloatingFlows(this.state, state),
      ...(this.parts.establishedOnPolicyChange === 'cut' ? policedFlows(this.state, state) : []),
    ];
    return {
      revision: transition.revision,
      isEmpty: this.isInForceKnown && isEmptyProgram(program) && flows.length === 0 && places.size === 0,
      print: () => formatPlan({ program, flows, places }),
      basis: this.basis,
      state,
      ruleset,
      program,
      flows,
      places,
    };
  }

  async apply(plan: IptablesPlan): Promise<void> {
    this.assertOpen();
    if (plan.basis !== this.basis) {
      throw new CoreError('PP_PLAN_STALE', `plan of revision ${plan.revision} starts from a state that is gone`);
    }
    assertRenderable(plan.state);
    const program = await this.currentProgram(plan);
    this.isInForceKnown = false;
    try {
      await this.parts.dataplane.apply(program);
      this.tellObstacles();
      await this.forgetFlows(plan);
    } catch (error) {
      throw this.blame(error, plan.state);
    }
    this.isInForceKnown = true;
    this.inForce = stateAfter(this.inForce, plan.ruleset);
    this.state = plan.state;
    this.ruleset = plan.ruleset;
    this.basis = Symbol('state');
  }

  async audit(): Promise<Drift> {
    this.assertOpen();
    await this.followLinks();
    this.inForce = await this.readInForce();
    const program = this.parts.dataplane.programTo(this.inForce, this.ruleset);
    this.isInForceKnown = isEmptyProgram(program);
    let repaired: readonly string[] = [];
    if (!this.isInForceKnown) {
      await this.parts.dataplane.apply(program);
      repaired = await this.confirmRepair(this.inForce);
    }
    this.parts.dataplane.assertReadable();
    return { repaired };
  }

  async release(how: 'leave' | 'remove'): Promise<void> {
    if (this.isReleased) return;
    if (how === 'remove') await this.remove();
    this.isReleased = true;
    this.events.complete();
  }

  private async remove(): Promise<void> {
    const { dataplane } = this.parts;
    // Only here is known which chains there are in a table that nobody can read.
    const rules = { ...(await dataplane.read(this.ruleset)), sets: new Map() };
    await dataplane.apply(dataplane.programTo(rules, EMPTY_RULESET));
    await this.parts.removeTraces();
  }

  /** The plan's program, or a new one to the same end when what is in force had to be read again. */
  private async currentProgram(plan: IptablesPlan): Promise<Program> {
    if (this.isInForceKnown) return plan.program;
    this.inForce = await this.readInForce();
    return this.parts.dataplane.programTo(this.inForce, plan.ruleset);
  }

  /** After the rules, so that what is forgotten is judged by the new ones. */
  private async forgetFlows({ flows, places, state }: IptablesPlan): Promise<void> {
    const { conntrack } = this.parts;
    await conntrack.remove(flows);
    if (places.size > 0) {
      const ports = new Set([...places.values()].map(({ port }) => Number(port)));
      const local = localAddresses(state, await this.parts.readLinks());
      await conntrack.forget(staleServiceFlows(await conntrack.readUdpFlows(ports), places, local));
    }
    if (!this.hasApplied && floatingTargets(state).size > 0) {
      await conntrack.forget(staleFloatingTracked(await conntrack.readUdpFlows(), state));
    }
    this.hasApplied = true;
  }

  /** Adds the objects whose chains and sets the error speaks of, should trying again not help. */
  private blame(error: unknown, state: DesiredState): unknown {
    if (!(error instanceof IptablesError) || error.isRetriable || error.objects.length > 0) return error;
    const objects = this.parts.renderer.ownersIn(error.message, state);
    return objects.length === 0
      ? error
      : new IptablesError(error.code, error.message, { isRetriable: false, objects, cause: error });
  }

  /**
   * Reads once more after a repair. Text that we wrote and that reads as it did before was never wrong: this host's iptables only prints
   * it in another form, which is remembered. What differed beyond that was drift.
   */
  private async confirmRepair(before: KernelState): Promise<readonly string[]> {
    const { dataplane, logger } = this.parts;
    const learned = this.forms.learn(before, await dataplane.read(this.ruleset), this.ruleset);
    if (learned > 0) logger.warn({ rules: learned }, 'iptables prints rules in another form than expected');
    this.inForce = await this.readInForce();
    this.isInForceKnown = isEmptyProgram(dataplane.programTo(this.inForce, this.ruleset));
    return dataplane.programTo(this.forms.translate(before), this.ruleset).differences;
  }

  private async readInForce(): Promise<KernelState> {
    const state = this.forms.translate(await this.parts.dataplane.read(this.ruleset));
    this.tellObstacles();
    return state;
  }

  /** What others did to tables of ours that we have to live with; once each time that it changes. */
  private tellObstacles(): void {
    const { dataplane, logger } = this.parts;
    const tables = dataplane.foreignTables.map(({ family, table }) => `IPv${family} ${table}`);
    const chains = dataplane.keptChains;
    const obstacles = [...tables, ...chains].join(', ');
    if (obstacles !== this.toldObstacles && obstacles !== '') {
      logger.warn(
        { tables, chains },
        'rules of others stand in tables that iptables cannot print, or lead to chains of ours',
      );
    }
    this.toldObstacles = obstacles;
  }

  /** An address that came or went may bring a host endpoint to another interface. */
  private async followLinks(): Promise<void> {
    const links = await this.parts.readLinks();
    if (isSameLinks(links, this.links)) return;
    this.links = links;
    this.ruleset = this.parts.renderer.render(this.state, links);
    this.basis = Symbol('state');
  }

  private assertOpen(): void {
    if (this.isReleased) {
      throw new IptablesError('PP_IPTABLES_RELEASED', 'the session was released', { isRetriable: false });
    }
  }
}

/** @throws IptablesError PP_IPTABLES_NAME_UNSAFE */
export function assertRenderable(state: DesiredState): void {
  const objects = unrenderableObjects(state);
  if (objects.length === 0) return;
  throw new IptablesError('PP_IPTABLES_NAME_UNSAFE', `unsafe interface name in ${objects.join(', ')}`, {
    isRetriable: false,
    objects,
  });
}

/** Where node ports may be met. */
function localAddresses({ settings }: DesiredState, links: HostLinks): ReadonlySet<IpAddress> {
  return new Set([...(settings.get(SETTINGS_KEY)?.nodeAddresses ?? []), ...[...links.values()].flat()]);
}
