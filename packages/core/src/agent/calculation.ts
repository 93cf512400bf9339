/** From a source's changes to what a dataplane is given, through compute and the gate; a resource that breaks them is left out. */
import { isDeepStrictEqual } from 'node:util';
import type { ComputeGraph } from '../compute';
import type { DeclaredFeatures } from '../limits/declared-features';
import type { DiagnosticChanges } from '../limits/diagnostic-set';
import type { Gate } from '../limits/gate';
import type { Diagnostic } from '../limits/limit';
import type { Resource, ResourceKey } from '../resources/resource';
import type { ResourceChange } from '../resources/resource-change';
import type { ResourceProblem } from '../resources/resource-problem';
import { type Change, DesiredStateStore, orderChanges, type Transition } from '../state';
import { faultOfChange, incomputable, keyOfResourceChange } from './check-change';
import { lateComers, trialCluster } from './trial-cluster';

/** What a calculation is made of; all three start with nothing. */
export interface CalculationParts {
  readonly compute: ComputeGraph;
  readonly declared: DeclaredFeatures;
  readonly gate: Gate;
}

/** What a batch changes. */
export interface CalculationStep {
  /** Of the desired state before the gate. */
  readonly changes: readonly Change[];
  /** Of what the dataplane is given. */
  readonly accepted: Pick<Transition, 'scope' | 'changes'>;
  readonly diagnostics: DiagnosticChanges;
}

/**
 * Compute and the gate trust that resources are as `parseResource` gives them. A source of a third party may hand in others: one
 * that is no resource at all is left out; where one makes them throw, they are made anew from everything before, and the batch is
 * taken change by change without those that throw again. Each is first tried in a small
 * cluster of its own. An object that is left out keeps its former version, unless that is at fault, too.
 */
export class Calculation {
  readonly desired = new DesiredStateStore();

  #parts: CalculationParts;
  readonly #resources = new Map<ResourceKey, Resource>();
  readonly #faults = new Map<string, ResourceProblem>();

  /** @param isTrusted every resource is as `parseResource` gives it: nothing is kept to start anew from, and what throws is thrown */
  constructor(
    private readonly makeParts: () => CalculationParts,
    private readonly nodeName: string,
    private readonly isTrusted: boolean,
  ) {
    this.#parts = makeParts();
  }

  get gate(): Gate {
    return this.#parts.gate;
  }

  /** Resources that cannot be used. */
  get faults(): readonly ResourceProblem[] {
    return [...this.#faults.values()];
  }

  /** Resources that take no effect. */
  get ineffective(): readonly ResourceProblem[] {
    return this.#parts.compute.problems;
  }

  apply(batch: readonly ResourceChange[]): CalculationStep {
    const step = this.isTrusted ? calculate(this.#parts, batch) : this.#applyUntrusted(this.#usable(batch));
    this.desired.apply({ scope: 'delta', changes: step.changes });
    return step;
  }

  #applyUntrusted(changes: readonly ResourceChange[]): CalculationStep {
    return this.#tryAll(changes) ?? this.#recover(changes);
  }

  #usable(batch: readonly ResourceChange[]): readonly ResourceChange[] {
    return batch.filter((change) => {
      const fault = faultOfChange(change);
      if (fault === undefined) this.#faults.delete(keyOfResourceChange(change));
      else this.#faults.set(fault.error.message, fault);
      return fault === undefined;
    });
  }

  /** Undefined when something in it makes the parts throw, which are of no use any more then. */
  #tryAll(changes: readonly ResourceChange[]): CalculationStep | undefined {
    try {
      const step = calculate(this.#parts, changes);
      for (const change of changes) this.#remember(change);
      return step;
    } catch {
      // Who is at fault is found out, and told, one by one.
      return undefined;
    }
  }

  #recover(changes: readonly ResourceChange[]): CalculationStep {
    const before = this.#parts.gate.diagnostics;
    this.#giveUpFaulty();
    let fresh = this.#remake();
    for (const change of changes) {
      try {
        this.#tryAlone(change);
        fresh.take([change]);
        this.#remember(change);
      } catch (error) {
        this.#faults.set(keyOfResourceChange(change), incomputable(change, error));
        fresh = this.#remake();
      }
    }
    this.#parts = fresh.parts;
    return {
      changes: differences(this.desired, fresh.desired),
      accepted: { scope: 'full', changes: fresh.accepted.toTransition(0, true).changes },
      diagnostics: diagnosticChanges(before, fresh.parts.gate.diagnostics),
    };
  }

  /** Throws what it makes a small cluster throw: else the next innocent object would be blamed. */
  #tryAlone(change: ResourceChange): void {
    if (change.op === 'remove') return;
    const { resource } = change;
    const parts = this.makeParts();
    calculate(parts, trialCluster(this.nodeName, resource.metadata.namespace));
    calculate(parts, [change]);
    calculate(parts, lateComers(this.nodeName, resource));
  }

  /** What was taken before may turn out to be at fault only now: it is given up. */
  #giveUpFaulty(): void {
    for (const [key, resource] of this.#resources) {
      const change = { op: 'put', resource } as const;
      try {
        this.#tryAlone(change);
      } catch (error) {
        this.#resources.delete(key);
        this.#faults.set(key, incomputable(change, error));
      }
    }
  }

  #remake(): FreshCalculation {
    const fresh = new FreshCalculation(this.makeParts());
    fresh.take([...this.#resources.values()].map((resource) => ({ op: 'put', resource })));
    return fresh;
  }

  #remember(change: ResourceChange): void {
    const key = keyOfResourceChange(change);
    if (change.op === 'put') this.#resources.set(key, change.resource);
    else this.#resources.delete(key);
  }
}

/** Parts that began with nothing, and all that came out of them. */
class FreshCalculation {
  readonly desired = new DesiredStateStore();
  readonly accepted = new DesiredStateStore();

  constructor(readonly parts: CalculationParts) {}

  take(changes: readonly ResourceChange[]): void {
    const step = calculate(this.parts, changes);
    this.desired.apply({ scope: 'delta', changes: step.changes });
    this.accepted.apply(step.accepted);
  }
}

function calculate({ compute, declared, gate }: CalculationParts, batch: readonly ResourceChange[]): CalculationStep {
  for (const change of batch) gate.readResource(change);
  for (const [key, uses] of declared.apply(batch)) gate.declare(key, uses);
  const changes = compute.apply(batch);
  const gated = gate.apply(changes);
  return { changes, accepted: { scope: 'delta', changes: gated.changes }, diagnostics: gated.diagnostics };
}

function differences(before: DesiredStateStore, after: DesiredStateStore): readonly Change[] {
  const gone = [...before.objects()].filter(({ key }) => after.get(key) === undefined);
  const { changes } = after.toTransition(0, true);
  return orderChanges([
    ...changes.filter(
      (change) => change.op !== 'put' || !isDeepStrictEqual(before.get(change.object.key), change.object),
    ),
    ...gone.map(({ key }): Change => ({ op: 'remove', key })),
  ]);
}

function diagnosticChanges(before: readonly Diagnostic[], after: readonly Diagnostic[]): DiagnosticChanges {
  const textOf = (diagnostic: Diagnostic): string => JSON.stringify(diagnostic);
  const [old, current] = [new Set(before.map(textOf)), new Set(after.map(textOf))];
  return {
    met: after.filter((diagnostic) => !old.has(textOf(diagnostic))),
    changed: [],
    cleared: before.filter((diagnostic) => !current.has(textOf(diagnostic))),
  };
}
