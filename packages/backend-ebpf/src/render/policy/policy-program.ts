/** The answer to a policy question as BPF programs: tiers and profiles rule by rule, for both IP families. */
import type {
  Cidr,
  DesiredState,
  EndpointTier,
  IpFamily,
  IpSetKey,
  Policy,
  PolicyKey,
  Profile,
  ProfileKey,
  Rule,
} from '@polyplane/core/backend';
import { type AssembledCode, assemble, Label, type Line } from '../../bytecode/assemble';
import { formatLines } from '../../bytecode/format';
import { jump, jumpIf, load, setLabel, store } from '../../bytecode/write';
import { EbpfError } from '../../ebpf-error';
import type { Identifiers } from '../identifiers';
import { prepareKeys } from './address-code';
import type { KeyNumbers } from './key-numbers';
import { DESTINATION, DESTINATION_BEFORE_DNAT, PACKET, type PacketEnd, SOURCE } from './packet-context';
import type { Direction, PolicyQuestion } from './policy-question';
import { layOutParts, PART_LIMITS, type PartLimits, type Piece, partSymbol } from './program-parts';
import { type Match, matchPacket, type SetNumbers } from './rule-code';
import { countPassed, type DecisionLabels, decide } from './verdict-code';

/** A rule by its place: the key of its policy or profile, direction and index. */
export type RuleId = `${PolicyKey | ProfileKey}|${Direction}|${number}`;

/** A set of the state, or a list of ranges that some rule has. */
export type SetId = IpSetKey | `ranges/${string}`;

/** The numbers by which the kernel knows rules and sets. */
export interface PolicyNumbers {
  readonly rules: KeyNumbers<RuleId>;
  readonly sets: Identifiers;
}

/** Programs that answer one question. Equal states give equal programs. */
export interface PolicyProgram {
  /** The first is entered; the others are reached from it, by the slots that {@link partSymbol} stands for. */
  readonly parts: readonly (readonly Line[])[];
  /** What must be in the IP sets before the program runs, beside the sets of the state. */
  readonly ranges: ReadonlyMap<SetId, readonly Cidr[]>;
  /** Whose numbers stand in the program. */
  readonly rules: ReadonlySet<RuleId>;
  readonly sets: ReadonlySet<SetId>;
}

/**
 * A packet goes from part to part by tail calls, of which the kernel allows 33 in all: for the dataplane's own programs, and for the
 * policy of every endpoint that a packet passes.
 */
const MOST_PARTS = 16;

/**
 * Packets of other families than `families` are denied.
 * @throws EbpfError PP_EBPF_POLICY_TOO_LARGE for a program of more parts than a packet can pass, PP_EBPF_MAP_FULL when the rules of
 *   the node are more than can be counted
 */
export function renderPolicyProgram(
  question: PolicyQuestion,
  state: Pick<DesiredState, 'policies' | 'profiles'>,
  numbers: PolicyNumbers,
  families: readonly IpFamily[] = [4, 6],
  limits: PartLimits = PART_LIMITS,
): PolicyProgram {
  const writer = new PolicyWriter(question, state, numbers);
  const pieces = writer.write(families);
  const parts = layOutParts(pieces, writer.decisions, limits);
  if (parts.length > MOST_PARTS && limits === PART_LIMITS) throw tooLarge(parts.length, writer.rules.size);
  const { ranges, rules, sets } = writer;
  return { parts, ranges, rules, sets };
}

function tooLarge(parts: number, rules: number): EbpfError {
  const message = `${rules} rules make ${parts} BPF programs for one endpoint, of which a packet can pass ${MOST_PARTS}`;
  return new EbpfError('PP_EBPF_POLICY_TOO_LARGE', message, { isRetriable: false });
}

/** A part as it is loaded. @param slots the slots of all parts, in their order */
export function assemblePart(program: PolicyProgram, part: number, slots: readonly number[]): AssembledCode {
  const symbols = new Map(slots.map((slot, index) => [partSymbol(index), slot]));
  return assemble(program.parts[part] ?? [], symbols);
}

/** The program as text for people. */
export function printPolicyProgram({ parts }: PolicyProgram): string {
  return parts.map((lines, index) => `; ${partSymbol(index)}\n${formatLines(lines)}`).join('');
}

class PolicyWriter implements SetNumbers {
  readonly decisions: DecisionLabels = {
    allow: new Label('allow'),
    deny: new Label('deny'),
    next: new Label('next'),
  };
  readonly ranges = new Map<SetId, readonly Cidr[]>();
  readonly rules = new Set<RuleId>();
  readonly sets = new Set<SetId>();
  private readonly pieces: Piece[] = [];
  private readonly destination: PacketEnd;

  constructor(
    private readonly question: PolicyQuestion,
    private readonly state: Pick<DesiredState, 'policies' | 'profiles'>,
    private readonly numbers: PolicyNumbers,
  ) {
    this.destination = question.destination === 'afterDnat' ? DESTINATION : DESTINATION_BEFORE_DNAT;
  }

  write(families: readonly IpFamily[]): readonly Piece[] {
    const starts = new Map(families.map((family) => [family, new Label(`IPv${family}`)]));
    for (const [family, start] of starts) {
      this.place(start);
      this.writeFamily(family);
    }
    return [{ kind: 'code', lines: this.begin(starts) }, ...this.pieces];
  }

  numberOf(set: IpSetKey): number {
    this.sets.add(set);
    return this.numbers.sets.of(set);
  }

  numberOfRanges(ranges: readonly Cidr[]): number {
    const id: SetId = `ranges/${[...ranges].sort().join(',')}`;
    this.ranges.set(id, ranges);
    this.sets.add(id);
    return this.numbers.sets.of(id);
  }

  /** Before all rules; whether they ask any set is known behind them. */
  private begin(starts: ReadonlyMap<IpFamily, Label>): readonly Line[] {
    return [
      store(4, 'r6', PACKET.rule, 0),
      ...(this.sets.size === 0 ? [] : [...prepareKeys(SOURCE), ...prepareKeys(this.destination)]),
      load(1, 'r1', 'r6', PACKET.family),
      ...[...starts].map(([family, start]) => jumpIf('equal', 'r1', family, start)),
      jump(this.decisions.deny),
    ];
  }

  private writeFamily(family: IpFamily): void {
    const { exempt, onExempt, tiers, profiles, otherwise } = this.question;
    for (const match of exempt) this.match(match, family, [jump(this.decisions[onExempt])]);
    for (const tier of tiers) this.writeTier(tier, family);
    for (const key of profiles) this.writeProfile(key, family);
    this.code([jump(this.decisions[otherwise])]);
  }

  private writeTier(tier: EndpointTier, family: IpFamily): void {
    const nextTier = new Label(`behind tier ${tier.name}`);
    let hasEnforced = false;
    for (const key of tier[this.question.direction]) {
      const policy = this.state.policies.get(key);
      // Nobody knows what it would have denied.
      if (policy === undefined) this.code([jump(this.decisions.deny)]);
      else if (policy.isStaged) this.writeStaged(policy, family);
      else {
        this.writeRules(policy, family, nextTier);
        hasEnforced = true;
      }
    }
    const isEndDenying = this.question.endOfTier === 'defaultAction' && tier.defaultAction === 'deny';
    if (hasEnforced && isEndDenying) this.code([jump(this.decisions.deny)]);
    this.place(nextTier);
  }

  /** What is not there has no rules. */
  private writeProfile(key: ProfileKey, family: IpFamily): void {
    const profile = this.state.profiles.get(key);
    const nextProfile = new Label('next profile');
    if (profile !== undefined) this.writeRules(profile, family, nextProfile);
    this.place(nextProfile);
  }

  /** @param onPass where a packet goes that a rule passes on */
  private writeRules(judge: Policy | Profile, family: IpFamily, onPass: Label): void {
    for (const [rule, number] of this.rulesOf(judge)) {
      if (rule.action === 'log') this.match(rule, family, countPassed(number));
      else if (rule.action === 'pass') this.match(rule, family, [...countPassed(number), jump(onPass)]);
      else this.match(rule, family, decide(this.decisions[rule.action], number));
    }
  }

  /** The first rule that would have decided is counted, as are those that log before it. */
  private writeStaged(policy: Policy, family: IpFamily): void {
    const end = new Label('behind staged policy');
    for (const [rule, number] of this.rulesOf(policy)) {
      const leave = rule.action === 'log' ? [] : [jump(end)];
      this.match(rule, family, [...countPassed(number), ...leave]);
    }
    this.place(end);
  }

  private *rulesOf(judge: Policy | Profile): Iterable<readonly [rule: Rule, number: number]> {
    const { direction } = this.question;
    for (const [index, rule] of judge[direction].entries()) {
      const id: RuleId = `${judge.key}|${direction}|${index}`;
      this.rules.add(id);
      yield [rule, this.numbers.rules.numberOf(id)];
    }
  }

  private match(match: Match, family: IpFamily, onMatch: readonly Line[]): void {
    const other = new Label('other');
    const lines = matchPacket(match, family, this.destination, this, other);
    if (lines !== undefined) this.code([...lines, ...onMatch, setLabel(other)]);
  }

  private code(lines: readonly Line[]): void {
    this.pieces.push({ kind: 'code', lines });
  }

  private place(label: Label): void {
    this.pieces.push({ kind: 'place', label });
  }
}
