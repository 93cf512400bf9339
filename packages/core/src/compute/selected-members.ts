/** Members of IP sets that selectors define: from pods, host endpoints and network sets, or from nodes. */
import { isDeepStrictEqual } from 'node:util';
import type { Labels } from '../resources/metadata';
import { LabelIndex, type Selector } from '../resources/selectors';
import {
  addressPortOf,
  type Cidr,
  cidrOf,
  type IpAddress,
  type IpSetKey,
  type IpSetMember,
  type Port,
  type Protocol,
  parseCidr,
} from '../state';
import { impliedLabels } from './inheritance';
import type { SelectedMembers } from './ip-set-definition';

/** What an object brings into the sets that select it. */
export interface Contribution {
  readonly addresses: readonly IpAddress[];
  readonly nets: readonly Cidr[];
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: Port }[];
  /** Further ranges that cannot be read, and may be any. */
  readonly hasUnreadNets?: true;
}

/** Told of each member that an object brings into a set, or takes out of it. */
export type CountMember = (set: IpSetKey, member: IpSetMember, step: 1 | -1) => void;

export class SelectedContributors {
  private readonly contributions = new Map<string, Contribution>();
  private readonly sets = new Map<IpSetKey, MemberForm>();
  private readonly index = new LabelIndex<string, IpSetKey>(
    {
      matchStarted: (set, item) => this.count(set, item, 1),
      matchStopped: (set, item) => this.count(set, item, -1),
    },
    impliedLabels,
  );

  constructor(private readonly countMember: CountMember) {}

  put(key: string, labels: Labels, parents: readonly string[], contribution: Contribution): void {
    const before = this.contributions.get(key);
    // What the sets hold of the object was counted from the old contribution, and is taken back by it.
    if (before !== undefined && !isDeepStrictEqual(before, contribution)) this.index.removeItem(key);
    this.contributions.set(key, contribution);
    this.index.putItem(key, labels, parents);
  }

  remove(key: string): void {
    this.index.removeItem(key);
    this.contributions.delete(key);
  }

  putParent(key: string, labels: Labels): void {
    this.index.putParent(key, labels);
  }

  removeParent(key: string): void {
    this.index.removeParent(key);
  }

  /** Counts all members of a new set. */
  open(set: IpSetKey, selector: Selector, form: MemberForm = {}): void {
    this.sets.set(set, form);
    this.index.putSelector(set, selector);
  }

  /** Forgets a set; its members are counted no more. */
  close(set: IpSetKey): void {
    this.sets.delete(set);
    this.index.removeSelector(set);
  }

  private count(set: IpSetKey, item: string, step: 1 | -1): void {
    const form = this.sets.get(set);
    const contribution = this.contributions.get(item);
    if (form === undefined || contribution === undefined) return;
    for (const member of membersOf(form, contribution)) this.countMember(set, member, step);
  }
}

/** What of an object's contribution becomes members. */
type MemberForm = Pick<SelectedMembers, 'namedPort' | 'unreadIsAny'>;

const EVERY_ADDRESS: readonly Cidr[] = ['0.0.0.0/0', '::/0'].map(parseCidr);

function membersOf(
  { namedPort, unreadIsAny }: MemberForm,
  { addresses, nets, ports, hasUnreadNets }: Contribution,
): readonly IpSetMember[] {
  if (namedPort === undefined) {
    const unread = unreadIsAny === true && hasUnreadNets === true ? EVERY_ADDRESS : [];
    return [...addresses.map(cidrOf), ...nets, ...unread];
  }
  return ports
    .filter(({ name, protocol }) => name === namedPort.name && protocol === namedPort.protocol)
    .flatMap(({ protocol, port }) => addresses.map((address) => addressPortOf(address, protocol, port)));
}
