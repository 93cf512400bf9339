/** Programs with names in them (labels, maps, numbers that are known only when loading), and their way to bytes. */
import type { MapReference } from '../object/link-program';
import { encode } from './encode';
import { type Instruction, type Register, slotsOf } from './instruction';

/** A place in a program. Two labels are never the same place by their names: each is an object of its own. */
export class Label {
  constructor(readonly name: string) {}
}

/** A line of a program as it is written. */
export type Line =
  | Instruction<Label, string>
  /** The label stands before the next instruction. */
  | { readonly kind: 'label'; readonly label: Label }
  /** Loads a number that is given when the program is assembled. */
  | { readonly kind: 'symbol'; readonly to: Register; readonly symbol: string };

/** A program that lacks only the descriptors of its maps. */
export interface AssembledCode {
  /** Eight bytes a slot. */
  readonly instructions: Buffer;
  readonly references: readonly MapReference[];
}

/** The farthest that a jump reaches, in slots. */
export const FARTHEST_JUMP = 32767;

/**
 * @throws RangeError for a label that is not set, a symbol that is not given, a jump that is too far: errors of who wrote the lines
 */
export function assemble(lines: readonly Line[], symbols: ReadonlyMap<string, number> = new Map()): AssembledCode {
  const places = placesOf(lines);
  const instructions: Instruction[] = [];
  const references: MapReference[] = [];
  let slot = 0;
  for (const line of lines) {
    if (line.kind === 'label') continue;
    if (line.kind === 'map') references.push({ instruction: slot, map: line.map });
    instructions.push(resolve(line, slot, places, symbols));
    slot += slotsOf(line);
  }
  return { instructions: encode(instructions), references };
}

function placesOf(lines: readonly Line[]): ReadonlyMap<Label, number> {
  const places = new Map<Label, number>();
  let slot = 0;
  for (const line of lines) {
    if (line.kind !== 'label') slot += slotsOf(line);
    else if (places.has(line.label)) throw new RangeError(`the label ${line.label.name} is set twice`);
    else places.set(line.label, slot);
  }
  return places;
}

function resolve(
  line: Exclude<Line, { kind: 'label' }>,
  slot: number,
  places: ReadonlyMap<Label, number>,
  symbols: ReadonlyMap<string, number>,
): Instruction {
  switch (line.kind) {
    case 'map':
      return { ...line, map: 0 };
    case 'symbol': {
      const value = symbols.get(line.symbol);
      if (value === undefined) throw new RangeError(`the symbol ${line.symbol} has no value`);
      return { kind: 'alu', operation: 'move', width: 32, to: line.to, by: value };
    }
    case 'jump':
    case 'branch':
      return { ...line, target: distance(line.target, slot, places) };
    default:
      return line;
  }
}

function distance(label: Label, slot: number, places: ReadonlyMap<Label, number>): number {
  const place = places.get(label);
  if (place === undefined) throw new RangeError(`the label ${label.name} is not set`);
  const skipped = place - (slot + 1);
  if (Math.abs(skipped) > FARTHEST_JUMP) throw new RangeError(`a jump to ${label.name} skips ${skipped} slots`);
  return skipped;
}
