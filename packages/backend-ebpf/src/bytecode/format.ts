/** Programs as text for people. */

import type { Label, Line } from './assemble';
import {
  type AluOperation,
  type Condition,
  type Instruction,
  type Operand,
  REGISTERS,
  slotsOf,
  type Width,
} from './instruction';

/** A program as it is written: labels at the margin, the names of maps and symbols in place. */
export function formatLines(lines: readonly Line[]): string {
  return lines.map((line) => (line.kind === 'label' ? `${line.label.name}:\n` : `  ${formatLine(line)}\n`)).join('');
}

/** A finished program: each instruction behind its slot, jumps by the slot that they lead to. */
export function formatInstructions(instructions: readonly Instruction[]): string {
  let slot = 0;
  return instructions
    .map((instruction) => {
      const behind = slot + 1;
      const text = formatInstruction(
        instruction,
        (skipped) => `${behind + skipped}`,
        (fd) => `#${fd}`,
      );
      const line = `${String(slot).padStart(5)}: ${text}\n`;
      slot += slotsOf(instruction);
      return line;
    })
    .join('');
}

function formatLine(line: Exclude<Line, { kind: 'label' }>): string {
  if (line.kind === 'symbol') return `${half(line.to, 32)} = ${line.symbol}`;
  return formatInstruction(
    line,
    ({ name }: Label) => name,
    (map) => map,
  );
}

const SIGNS: Readonly<Record<AluOperation, string>> = {
  add: '+=',
  sub: '-=',
  mul: '*=',
  or: '|=',
  and: '&=',
  shiftLeft: '<<=',
  shiftRight: '>>=',
  xor: '^=',
  move: '=',
};

const COMPARISONS: Readonly<Record<Condition, string>> = {
  equal: '==',
  above: '>',
  notBelow: '>=',
  anyBit: '&',
  notEqual: '!=',
  below: '<',
  notAbove: '<=',
};

function formatInstruction<Target, MapName>(
  instruction: Instruction<Target, MapName>,
  formatTarget: (target: Target) => string,
  formatMap: (map: MapName) => string,
): string {
  switch (instruction.kind) {
    case 'alu': {
      const { operation, width, to, by } = instruction;
      return `${half(to, width)} ${SIGNS[operation]} ${half(by, width)}`;
    }
    case 'toNetworkOrder':
      return `${instruction.to} = be${instruction.bits} ${instruction.to}`;
    case 'load':
      return `${instruction.to} = ${formatPlace(instruction)}`;
    case 'store':
      return `${formatPlace(instruction)} = ${instruction.value}`;
    case 'constant':
      return `${instruction.to} = 0x${BigInt.asUintN(64, instruction.value).toString(16)} ll`;
    case 'map':
      return `${instruction.to} = map ${formatMap(instruction.map)}`;
    case 'jump':
      return `goto ${formatTarget(instruction.target)}`;
    case 'branch': {
      const { condition, width, left, right, target } = instruction;
      return `if ${half(left, width)} ${COMPARISONS[condition]} ${half(right, width)} goto ${formatTarget(target)}`;
    }
    case 'call':
      return `call ${instruction.helper}`;
    case 'exit':
      return 'exit';
  }
}

/** `w3` is the lower half of `r3`. */
function half(operand: Operand, width: Width): string {
  if (typeof operand === 'number') return String(operand);
  return width === 64 ? operand : `w${REGISTERS.indexOf(operand)}`;
}

function formatPlace({ bytes, base, offset }: Extract<Instruction, { kind: 'load' | 'store' }>): string {
  return `*(u${bytes * 8} *)(${base} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)})`;
}
