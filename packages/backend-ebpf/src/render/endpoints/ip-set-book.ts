/** What stands in the map of all IP sets: those that some program asks, member by member. */
import type { Cidr, DesiredState, IpSet, IpSetKey } from '@polyplane/core/backend';
import type { Identifiers } from '../identifiers';
import { keyOfRange, keysOfSet } from '../ip-set-keys';
import type { PolicyProgram, SetId } from '../policy/policy-program';

/** A set's members as they stand in the map, or are to stand. */
interface HeldSet {
  /** The set itself, or the list of ranges: what tells whether anything has changed. */
  readonly source: IpSet | string | undefined;
  /** Bytes as text, one character a byte. */
  readonly keys: ReadonlySet<string>;
}

/** What brings the map from one state to another. */
export interface IpSetStep {
  /** To be written before any program asks. */
  readonly added: readonly string[];
  /** To be deleted when no program asks any more. */
  readonly removed: readonly string[];
  /** Sets whose members are others than before. */
  readonly changed: ReadonlySet<SetId>;
  readonly held: ReadonlyMap<SetId, HeldSet>;
}

export class IpSetBook {
  private held: ReadonlyMap<SetId, HeldSet> = new Map();

  constructor(private readonly identifiers: Identifiers) {}

  stepTo(state: DesiredState, programs: Iterable<PolicyProgram>): IpSetStep {
    const held = new Map<SetId, HeldSet>();
    for (const { sets, ranges } of programs) {
      for (const id of sets) if (!held.has(id)) held.set(id, this.heldFor(id, state, ranges.get(id)));
    }
    const added: string[] = [];
    const removed: string[] = [];
    const changed = new Set<SetId>();
    for (const id of new Set([...this.held.keys(), ...held.keys()])) {
      const before = this.held.get(id);
      const after = held.get(id);
      if (before === after) continue;
      const differences = added.length + removed.length;
      for (const key of after?.keys ?? []) if (before?.keys.has(key) !== true) added.push(key);
      for (const key of before?.keys ?? []) if (after?.keys.has(key) !== true) removed.push(key);
      if (added.length + removed.length > differences) changed.add(id);
    }
    return { added, removed, changed, held };
  }

  /** The step was carried out. */
  commit({ held }: IpSetStep): void {
    for (const id of this.held.keys()) if (!held.has(id)) this.identifiers.forget(id);
    this.held = held;
  }

  /** Every key that must be there. */
  *keys(): Iterable<string> {
    for (const { keys } of this.held.values()) yield* keys;
  }

  private heldFor(id: SetId, state: DesiredState, ranges: readonly Cidr[] | undefined): HeldSet {
    const number = this.identifiers.of(id);
    const known = this.held.get(id);
    if (ranges !== undefined) {
      return known ?? { source: id, keys: textsOf(ranges.map((range) => keyOfRange(number, range))) };
    }
    // What is no list of ranges is a set of the state, or one that is not there and has no members.
    const set = state.ipSets.get(id as IpSetKey);
    if (known !== undefined && known.source === set) return known;
    return { source: set, keys: set === undefined ? new Set() : textsOf(keysOfSet(number, set)) };
  }
}

function textsOf(keys: readonly Buffer[]): ReadonlySet<string> {
  return new Set(keys.map((key) => key.toString('latin1')));
}
