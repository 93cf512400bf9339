/** Closes policies and profiles: objects with a list of rules for each direction. */
import type { FieldPath } from '../field-path';
import { namesNear } from '../fields/near-names';
import type { Closer } from './closer';
import { type FaultPlace, mapIn, type RawMap, without } from './fault-paths';
import type { Direction, RuleForm } from './rule-form';

/** Of a policy's metadata nothing but its name and namespace decides about packets. */
const IDLE_METADATA: ReadonlySet<unknown> = new Set(['labels', 'annotations', 'uid']);
/** Nor do hints. */
const IDLE_SPEC: ReadonlySet<unknown> = new Set(['performanceHints']);

/**
 * What says in any policy API whom a policy is for, where in the order it stands, and whether it judges packets that it would
 * not judge without: who misspells one of these has written another policy.
 */
const PLACING: ReadonlySet<string> = new Set([
  'podSelector',
  'selector',
  'subject',
  'namespaceSelector',
  'serviceAccountSelector',
  'labelsToApply',
  'tier',
  'order',
  'priority',
  'applyOnForward',
  'preDNAT',
  'doNotTrack',
  'stagedAction',
]);
/** What says which directions a policy is for, and what holds in them. */
const DIRECTIONS = ['types', 'policyTypes', 'ingress', 'egress'] as const;

/** Fields of a policy's spec that stand beside its rules. */
interface SpecFields {
  /** Whom the policy is for. */
  readonly selection?: 'podSelector' | 'selector' | 'subject';
  /** Which directions it is for; absent: those that it has rules for. */
  readonly types?: 'types' | 'policyTypes';
}

export function policyCloser(form: RuleForm, fields: SpecFields): Closer {
  return {
    mend: (raw, faults, isStrict) => new PolicyMending(raw, form, fields).mend(faults, isStrict),
    ...(form.finish !== undefined && { finish: form.finish }),
  };
}

class PolicyMending {
  private readonly idle = new Set<unknown>();
  private readonly idleSpec = new Set<unknown>();
  private readonly rules = new Map<Direction, Map<number, FieldPath[]>>();
  private readonly lostLists = new Set<Direction>();
  private areTypesLost = false;

  constructor(
    private readonly raw: RawMap,
    private readonly form: RuleForm,
    private readonly fields: SpecFields,
  ) {}

  mend(faults: readonly FaultPlace[], isStrict: boolean): RawMap | undefined {
    return faults.every((fault) => this.note(fault, isStrict)) ? this.mended() : undefined;
  }

  /** False for a fault that leaves in doubt whom the policy is for, or in which order. */
  private note({ path, isUnknown }: FaultPlace, isStrict: boolean): boolean {
    const [top, field] = path;
    if (isUnknown && (path.length === 1 || top === 'metadata')) return !isStrict;
    if (top === 'metadata') return this.noteIdle(field);
    return top === 'spec' && this.noteSpec(path, isUnknown);
  }

  private noteIdle(field: string | number | undefined): boolean {
    this.idle.add(field);
    return IDLE_METADATA.has(field);
  }

  private noteSpec([, field, index, ...below]: FieldPath, isUnknown: boolean): boolean {
    if (field === 'ingress' || field === 'egress') {
      if (typeof index === 'number') this.rulesOf(field).set(index, [...(this.rulesOf(field).get(index) ?? []), below]);
      else this.lostLists.add(field);
      return true;
    }
    if (field === this.fields.types && field !== undefined) {
      this.areTypesLost = true;
      return true;
    }
    if (isUnknown && index === undefined) return this.noteUnknown(String(field));
    this.idleSpec.add(field);
    return IDLE_SPEC.has(field);
  }

  /** A field beside the rules that the kind does not have. What is near nothing that decides about packets is passed over. */
  private noteUnknown(name: string): boolean {
    const near = namesNear(name, [...PLACING, ...DIRECTIONS]);
    if (near.some((known) => PLACING.has(known)) || !this.hasSelection()) return false;
    const [nearest] = near;
    if (nearest === undefined) return true;
    // It may be the misspelt word on the directions, or on the rules of one.
    this.areTypesLost ||= !this.hasTypes();
    if (nearest === 'ingress' || nearest === 'egress') this.lostLists.add(nearest);
    // Which packets go on where rules are lost, and no word on directions is left to close them, is nobody's to guess.
    return !this.form.isOpenByDefault;
  }

  private rulesOf(direction: Direction): Map<number, FieldPath[]> {
    const rules = this.rules.get(direction) ?? new Map<number, FieldPath[]>();
    this.rules.set(direction, rules);
    return rules;
  }

  private hasTypes(): boolean {
    const types = this.fields.types === undefined ? undefined : mapIn(this.raw, 'spec')[this.fields.types];
    return Array.isArray(types) && types.length > 0;
  }

  /** Without one an API may mean everyone; beside a field that nobody knows, that one may have been meant. */
  private hasSelection(): boolean {
    const { selection } = this.fields;
    return selection === undefined || mapIn(this.raw, 'spec')[selection] !== undefined;
  }

  private mended(): RawMap {
    const metadata = without(mapIn(this.raw, 'metadata'), this.idle);
    const spec: Record<string, unknown> = { ...without(mapIn(this.raw, 'spec'), this.idleSpec) };
    for (const direction of ['ingress', 'egress'] as const) {
      if (this.lostLists.has(direction)) spec[direction] = [this.form.closeAll(direction)];
      else if (this.rules.has(direction)) spec[direction] = this.mendedRules(spec[direction], direction);
    }
    if (this.areTypesLost && this.fields.types !== undefined) {
      // Before DNAT there are no outgoing packets.
      spec[this.fields.types] = spec.preDNAT === true ? ['Ingress'] : ['Ingress', 'Egress'];
    }
    return { ...this.raw, metadata, spec };
  }

  private mendedRules(rules: unknown, direction: Direction): unknown {
    if (!Array.isArray(rules)) return [this.form.closeAll(direction)];
    const faults = this.rulesOf(direction);
    return rules.map((rule: unknown, index) => {
      const here = faults.get(index);
      return here === undefined ? rule : this.form.close(rule, here, direction);
    });
  }
}
