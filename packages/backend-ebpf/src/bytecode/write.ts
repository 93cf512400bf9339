/** Instructions and lines in the short form in which programs are written. */
import type { Label, Line } from './assemble';
import type { AccessBytes, AluOperation, Condition, Helper, Operand, Register, Width } from './instruction';

export function alu(operation: AluOperation, to: Register, by: Operand, width: Width = 64): Line {
  return { kind: 'alu', operation, width, to, by };
}

export function move(to: Register, by: Operand, width: Width = 64): Line {
  return alu('move', to, by, width);
}

export function toNetworkOrder(to: Register, bits: 16 | 32 | 64): Line {
  return { kind: 'toNetworkOrder', to, bits };
}

export function load(bytes: AccessBytes, to: Register, base: Register, offset: number): Line {
  return { kind: 'load', bytes, to, base, offset };
}

export function store(bytes: AccessBytes, base: Register, offset: number, value: Operand): Line {
  return { kind: 'store', bytes, base, offset, value };
}

export function constant(to: Register, value: bigint): Line {
  return { kind: 'constant', to, value };
}

export function loadMap(to: Register, map: string): Line {
  return { kind: 'map', to, map };
}

export function loadSymbol(to: Register, symbol: string): Line {
  return { kind: 'symbol', to, symbol };
}

export function jump(target: Label): Line {
  return { kind: 'jump', target };
}

/** Jumps if the condition holds. */
export function jumpIf(condition: Condition, left: Register, right: Operand, target: Label, width: Width = 32): Line {
  return { kind: 'branch', condition, width, left, right, target };
}

export function call(helper: Helper): Line {
  return { kind: 'call', helper };
}

export function exit(): Line {
  return { kind: 'exit' };
}

export function setLabel(label: Label): Line {
  return { kind: 'label', label };
}
