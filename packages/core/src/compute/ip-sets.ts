/** The members of the IP sets that active rules use, from everything in the cluster that has addresses. */
import { isDeepStrictEqual } from 'node:util';
import type { Labels } from '../resources/metadata';
import { LabelIndex } from '../resources/selectors';
import {
  addressPortOf,
  type Change,
  type Cidr,
  cidrOf,
  type IpAddress,
  type IpSet,
  type IpSetKey,
  type IpSetMember,
  type Port,
  type Protocol,
} from '../state';
import { impliedLabels } from './inheritance';
import type { IpSetDefinition } from './ip-set-definition';

/** What an object (pod, host endpoint, network set) brings into the sets that select it. */
export interface Contribution {
  readonly addresses: readonly IpAddress[];
  readonly nets: readonly Cidr[];
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: Port }[];
}

/** Sets exist while someone uses them; a member counts as long as some object contributes it. */
export class IpSets {
  private readonly contributions = new Map<string, Contribution>();
  private readonly sets = new Map<IpSetKey, ActiveSet>();
  private readonly touched = new Set<ActiveSet>();
  private readonly index = new LabelIndex<string, IpSetKey>(
    {
      matchStarted: (set, item) => this.count(set, item, 1),
      matchStopped: (set, item) => this.count(set, item, -1),
    },
    impliedLabels,
  );

  putItem(key: string, labels: Labels, parents: readonly string[], contribution: Contribution): void {
    const before = this.contributions.get(key);
    // What the sets hold of the object was counted from the old contribution, and is taken back by it.
    if (before !== undefined && !isDeepStrictEqual(before, contribution)) this.index.removeItem(key);
    this.contributions.set(key, contribution);
    this.index.putItem(key, labels, parents);
  }

  removeItem(key: string): void {
    this.index.removeItem(key);
    this.contributions.delete(key);
  }

  putParent(key: string, labels: Labels): void {
    this.index.putParent(key, labels);
  }

  removeParent(key: string): void {
    this.index.removeParent(key);
  }

  acquire(definition: IpSetDefinition): void {
    const known = this.sets.get(definition.key);
    if (known !== undefined) {
      known.users += 1;
      return;
    }
    const set = new ActiveSet(definition);
    this.sets.set(definition.key, set);
    this.touched.add(set);
    this.index.putSelector(definition.key, definition.selector);
  }

  /** The set stays until {@link flush}: its next user may come first. */
  release(key: IpSetKey): void {
    const set = this.sets.get(key);
    if (set === undefined) return;
    set.users -= 1;
    this.touched.add(set);
  }

  /** What changed since the last call. */
  flush(): readonly Change[] {
    const changes: Change[] = [];
    for (const set of this.touched) {
      if (set.users === 0) {
        this.sets.delete(set.definition.key);
        if (set.isTold) changes.push({ op: 'remove', key: set.definition.key });
      } else changes.push(...set.flush());
    }
    // The index reports the end of each match; nothing counts them any more.
    for (const set of this.touched) if (set.users === 0) this.index.removeSelector(set.definition.key);
    this.touched.clear();
    return changes;
  }

  private count(key: IpSetKey, item: string, step: 1 | -1): void {
    const set = this.sets.get(key);
    const contribution = this.contributions.get(item);
    if (set === undefined || contribution === undefined) return;
    for (const member of membersOf(set.definition, contribution)) set.count(member, step);
    this.touched.add(set);
  }
}

class ActiveSet {
  users = 1;
  isTold = false;
  private readonly counts = new Map<IpSetMember, number>();
  /** Members touched since the last flush: whether they were in the set then. */
  private readonly before = new Map<IpSetMember, boolean>();

  constructor(readonly definition: IpSetDefinition) {}

  count(member: IpSetMember, step: 1 | -1): void {
    const count = this.counts.get(member) ?? 0;
    if (this.isTold && !this.before.has(member)) this.before.set(member, count > 0);
    if (count + step === 0) this.counts.delete(member);
    else this.counts.set(member, count + step);
  }

  flush(): readonly Change[] {
    const { key, kind, description } = this.definition;
    if (!this.isTold) {
      this.isTold = true;
      const object: IpSet = { type: 'ipSet', key, kind, members: new Set(this.counts.keys()), description };
      return [{ op: 'put', object }];
    }
    const added: IpSetMember[] = [];
    const removed: IpSetMember[] = [];
    for (const [member, wasIn] of this.before) {
      const isIn = this.counts.has(member);
      if (isIn !== wasIn) (isIn ? added : removed).push(member);
    }
    this.before.clear();
    return added.length + removed.length === 0 ? [] : [{ op: 'members', key, added, removed }];
  }
}

function membersOf(definition: IpSetDefinition, { addresses, nets, ports }: Contribution): readonly IpSetMember[] {
  if (definition.kind === 'net') return [...addresses.map(cidrOf), ...nets];
  return ports
    .filter(({ name, protocol }) => name === definition.portName && protocol === definition.protocol)
    .flatMap(({ protocol, port }) => addresses.map((address) => addressPortOf(address, protocol, port)));
}
