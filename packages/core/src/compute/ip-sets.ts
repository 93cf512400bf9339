/** The IP sets that active rules use: a set exists while someone uses it, a member while some object contributes it. */
import type { Change, IpSetKey, IpSetMember } from '../state';
import type { IpSetDefinition } from './ip-set-definition';
import { MemberCounts } from './member-counts';
import { type CountMember, SelectedContributors } from './selected-members';
import { ServiceContributors } from './service-members';

export class IpSets {
  private readonly countMember: CountMember = (set, member, step) => this.count(set, member, step);
  readonly selected = new SelectedContributors(this.countMember);
  /** Apart from the others: only sets of nodes pick nodes. */
  readonly nodes = new SelectedContributors(this.countMember);
  readonly services = new ServiceContributors(this.countMember);
  private readonly sets = new Map<IpSetKey, UsedSet>();
  private readonly touched = new Set<UsedSet>();

  acquire(definition: IpSetDefinition): void {
    const { key, kind, members } = definition;
    const known = this.sets.get(key);
    if (known !== undefined) {
      known.users += 1;
      return;
    }
    const set: UsedSet = { users: 1, counts: new MemberCounts(definition) };
    this.sets.set(key, set);
    this.touched.add(set);
    if (members.of === 'selector') this.selected.open(key, members.selector, members);
    else if (members.of === 'nodes') this.nodes.open(key, members.selector);
    else this.services.open(key, kind, members);
  }

  /** The set stays until {@link flush}: its next user may come before. */
  release(key: IpSetKey): void {
    const set = this.sets.get(key);
    if (set === undefined) return;
    set.users -= 1;
    this.touched.add(set);
  }

  /** What changed since the last call. */
  flush(): readonly Change[] {
    const changes = [...this.touched].flatMap((set) => (set.users > 0 ? set.counts.flush() : this.close(set)));
    this.touched.clear();
    return changes;
  }

  private close({ counts }: UsedSet): readonly Change[] {
    const { key, members } = counts.definition;
    // First, so that what the contributors take back counts no more.
    this.sets.delete(key);
    if (members.of === 'selector') this.selected.close(key);
    else if (members.of === 'nodes') this.nodes.close(key);
    else this.services.close(key, members);
    return counts.end();
  }

  private count(key: IpSetKey, member: IpSetMember, step: 1 | -1): void {
    const set = this.sets.get(key);
    if (set === undefined) return;
    set.counts.count(member, step);
    this.touched.add(set);
  }
}

interface UsedSet {
  users: number;
  readonly counts: MemberCounts;
}
