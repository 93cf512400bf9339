/**
 * Lays a long run of instructions out in programs that the kernel takes: it refuses one whose pending branches are too many, and a jump
 * reaches only so far. Parts go on in each other by tail calls; a place that is jumped to from another part begins one.
 */
import { FARTHEST_JUMP, Label, type Line } from '../../bytecode/assemble';
import { slotsOf } from '../../bytecode/instruction';
import { type Decision, type DecisionLabels, enter, goToPart, tellDecisions } from './verdict-code';

/** A piece of the run. Its own labels are jumped to from itself alone; all jumps lead forward. */
export type Piece =
  | { readonly kind: 'code'; readonly lines: readonly Line[] }
  /** A place that any piece before it may jump to. */
  | { readonly kind: 'place'; readonly label: Label };

/** How much a part holds. */
export interface PartLimits {
  /** Slots of eight bytes. */
  readonly slots: number;
  readonly branches: number;
}

/**
 * The verifier keeps at most 8,192 branches that it has yet to follow, and a jump reaches 32,767 slots. What is left over is for
 * what every part has beside its rules.
 */
export const PART_LIMITS: PartLimits = { slots: FARTHEST_JUMP - 1_767, branches: 8_000 };

/** The symbol that stands for the slot of a program's part. */
export function partSymbol(part: number): string {
  return `part ${part}`;
}

/** The parts of a program in order, each whole; entered by the first. */
export function layOutParts(
  pieces: readonly Piece[],
  decisions: DecisionLabels,
  limits = PART_LIMITS,
): readonly (readonly Line[])[] {
  const layout = new Layout(decisions, limits);
  for (const piece of pieces) {
    if (piece.kind === 'code') layout.addCode(piece.lines);
    else layout.addPlace(piece.label);
  }
  return layout.finish();
}

class Part {
  readonly lines: Line[] = [];
  readonly fail = new Label('fail');
  /** Where this part jumps to outside of the piece that jumps. */
  readonly wanted = new Set<Label>();
  readonly set = new Set<Label>();
  slots = 0;
  branches = 0;
}

class Layout {
  private readonly parts: Part[] = [new Part()];
  /** Places that begin a part. */
  private readonly beginnings = new Map<Label, number>();
  /** What was written last leads on to what comes next. */
  private isOpen = true;

  constructor(
    private readonly decisions: DecisionLabels,
    private readonly limits: PartLimits,
  ) {}

  /** Leaves out what no packet can reach: the verifier refuses it. */
  addCode(lines: readonly Line[]): void {
    if (!this.isOpen || lines.length === 0) return;
    const slots = lines.reduce((sum, line) => sum + (line.kind === 'label' ? 0 : slotsOf(line)), 0);
    const branches = lines.filter(({ kind }) => kind === 'branch').length;
    const { current } = this;
    if (current.slots + slots > this.limits.slots || current.branches + branches > this.limits.branches)
      this.beginPart();
    this.append(lines, slots, branches);
  }

  addPlace(label: Label): void {
    const isWanted = this.parts.some((part) => part.wanted.has(label));
    if (!isWanted && !this.isOpen) return;
    if (this.parts.some((part) => part !== this.current && part.wanted.has(label))) {
      if (this.current.lines.length > 0) this.beginPart();
      this.beginnings.set(label, this.parts.length - 1);
    } else if (isWanted) {
      this.current.lines.push({ kind: 'label', label });
      this.current.set.add(label);
    }
    this.isOpen = true;
  }

  finish(): readonly (readonly Line[])[] {
    return this.parts.map((part) => this.finishPart(part));
  }

  private get current(): Part {
    const part = this.parts.at(-1);
    if (part === undefined) throw new RangeError('a program has at least one part');
    return part;
  }

  private append(lines: readonly Line[], slots: number, branches: number): void {
    const { current } = this;
    const own = new Set(lines.flatMap((line) => (line.kind === 'label' ? [line.label] : [])));
    for (const line of lines) {
      current.lines.push(line);
      if ((line.kind === 'jump' || line.kind === 'branch') && !own.has(line.target)) current.wanted.add(line.target);
    }
    current.slots += slots;
    current.branches += branches;
    this.isOpen = leadsOn(lines);
  }

  private beginPart(): void {
    const { current } = this;
    if (this.isOpen) current.lines.push(...goToPart(partSymbol(this.parts.length), current.fail));
    this.parts.push(new Part());
  }

  private finishPart(part: Part): readonly Line[] {
    const decided = (Object.keys(this.decisions) as Decision[]).filter((decision) =>
      part.wanted.has(this.decisions[decision]),
    );
    const elsewhere = [...part.wanted].flatMap((label): readonly Line[] => {
      const beginning = part.set.has(label) ? undefined : this.beginnings.get(label);
      if (beginning === undefined) return [];
      return [{ kind: 'label', label }, ...goToPart(partSymbol(beginning), part.fail)];
    });
    return [...enter(part.fail), ...part.lines, ...elsewhere, ...tellDecisions(this.decisions, decided, part.fail)];
  }
}

/** Whether a packet can come out at the end: there is no jump away, or a label behind it that something jumps to. */
function leadsOn(lines: readonly Line[]): boolean {
  const targets = new Set(
    lines.flatMap((line) => (line.kind === 'jump' || line.kind === 'branch' ? [line.target] : [])),
  );
  for (const line of [...lines].reverse()) {
    if (line.kind !== 'label') return line.kind !== 'jump' && line.kind !== 'exit';
    if (targets.has(line.label)) return true;
  }
  return true;
}
