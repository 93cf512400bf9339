/** The members of one IP set: how many objects contribute each, and which came or went since it was told last. */
import type { Change, IpSet, IpSetMember } from '../state';
import type { IpSetDefinition } from './ip-set-definition';

export class MemberCounts {
  private isTold = false;
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

  /** The set whole at first, then what changed of it. */
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

  /** The removal of the set, if it was ever told. */
  end(): readonly Change[] {
    return this.isTold ? [{ op: 'remove', key: this.definition.key }] : [];
  }
}
