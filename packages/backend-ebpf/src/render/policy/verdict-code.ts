/** Instructions around the rules: how a program finds its packet, counts rules, and tells its verdict. `r6`: the packet, `r7`: the skb. */
import { Label, type Line } from '../../bytecode/assemble';
import { alu, call, exit, jump, jumpIf, load, loadMap, loadSymbol, move, setLabel, store } from '../../bytecode/write';
import { PACKET, POLICY_MAPS, RULE_COUNTER, VERDICT } from './packet-context';

/** What a packet may meet at the end of a program. */
export type Decision = keyof typeof VERDICT;

/** Where a program's rules go once they have decided; every part of a program sets them for itself. */
export type DecisionLabels = Readonly<Record<Decision, Label>>;

/** The place on the stack where a map's key of 32 bits stands, written eight bytes at a time as all of the stack is. */
const KEY = -40;
/** linux/pkt_cls.h. */
const TC_ACT_SHOT = 2;

/** Before a part's first rule. */
export function enter(fail: Label): readonly Line[] {
  return [
    move('r7', 'r1'),
    store(8, 'r10', KEY, 0),
    ...lookUpByKey(POLICY_MAPS.scratch),
    jumpIf('equal', 'r0', 0, fail, 64),
    move('r6', 'r0'),
  ];
}

/** Remembers the rule that decides and goes where its decision is told. */
export function decide(label: Label, rule: number): readonly Line[] {
  return [store(4, 'r6', PACKET.rule, rule), jump(label)];
}

/** Counts a rule that the packet passes. */
export function countPassed(rule: number): readonly Line[] {
  const uncounted = new Label('uncounted');
  return [store(8, 'r10', KEY, rule), ...countByKey(uncounted), setLabel(uncounted)];
}

/**
 * Behind a part's last rule: what each decision that its rules go to does. The verdict is written, the rule counted that the
 * packet names, and the caller's program resumed. Where that cannot be, and for `fail`, the packet is dropped.
 */
export function tellDecisions(labels: DecisionLabels, used: readonly Decision[], fail: Label): readonly Line[] {
  const tell = new Label('tell');
  const resume = new Label('resume');
  const verdicts = used.flatMap((decision, index) => [
    setLabel(labels[decision]),
    store(4, 'r6', PACKET.verdict, VERDICT[decision]),
    ...(index < used.length - 1 ? [jump(tell)] : []),
  ]);
  // The rule is read back: to the verifier it is then any number, and all rules end in one state.
  const counting = [
    setLabel(tell),
    load(4, 'r1', 'r6', PACKET.rule),
    jumpIf('equal', 'r1', 0, resume),
    store(8, 'r10', KEY, 'r1'),
    ...countByKey(resume),
    setLabel(resume),
    load(4, 'r3', 'r6', PACKET.resume),
    ...tailCall(POLICY_MAPS.programs),
  ];
  return [...verdicts, ...(used.length === 0 ? [] : counting), setLabel(fail), move('r0', TC_ACT_SHOT), exit()];
}

/** Goes on in another part, whose slot the symbol stands for; drops where that is not there. */
export function goToPart(symbol: string, fail: Label): readonly Line[] {
  return [loadSymbol('r3', symbol), ...tailCall(POLICY_MAPS.policies), jump(fail)];
}

/** The index is in `r3`. */
function tailCall(map: string): readonly Line[] {
  return [move('r1', 'r7'), loadMap('r2', map), call('tailCall')];
}

function countByKey(absent: Label): readonly Line[] {
  return [
    ...lookUpByKey(POLICY_MAPS.ruleCounters),
    jumpIf('equal', 'r0', 0, absent, 64),
    load(8, 'r1', 'r0', RULE_COUNTER.packets),
    alu('add', 'r1', 1),
    store(8, 'r0', RULE_COUNTER.packets, 'r1'),
    load(4, 'r2', 'r6', PACKET.length),
    load(8, 'r1', 'r0', RULE_COUNTER.bytes),
    alu('add', 'r1', 'r2'),
    store(8, 'r0', RULE_COUNTER.bytes, 'r1'),
  ];
}

function lookUpByKey(map: string): readonly Line[] {
  return [move('r2', 'r10'), alu('add', 'r2', KEY), loadMap('r1', map), call('mapLookup')];
}
