/** BPF instructions as typed values (RFC 9669), in the form in which programs are written and printed. */

/** `r0` results, `r1`-`r5` arguments, lost at calls; `r6`-`r9` kept; `r10` the end of the stack, read only. */
export const REGISTERS = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10'] as const;

export type Register = (typeof REGISTERS)[number];

/** A register, or a constant of 32 bits with a sign, which 64-bit operations extend. */
export type Operand = Register | number;

/** 32: on the lower half; the upper half of a result is zero. */
export type Width = 32 | 64;

export const ALU_OPERATIONS = {
  add: 0x0,
  sub: 0x1,
  mul: 0x2,
  or: 0x4,
  and: 0x5,
  shiftLeft: 0x6,
  shiftRight: 0x7,
  xor: 0xa,
  move: 0xb,
} as const;

export type AluOperation = keyof typeof ALU_OPERATIONS;

/** Of unsigned numbers; `anyBit`: some bit is set in both. */
export const CONDITIONS = {
  equal: 0x1,
  above: 0x2,
  notBelow: 0x3,
  anyBit: 0x4,
  notEqual: 0x5,
  below: 0xa,
  notAbove: 0xb,
} as const;

export type Condition = keyof typeof CONDITIONS;

/** Bytes that a load or a store moves. */
export type AccessBytes = 1 | 2 | 4 | 8;

/**
 * One instruction. `Target` is what jumps name: in a finished program how many slots they skip, counted from the slot behind them.
 * `MapName` is what an instruction names that loads a map: in a finished program its descriptor.
 */
export type Instruction<Target = number, MapName = number> =
  | {
      readonly kind: 'alu';
      readonly operation: AluOperation;
      readonly width: Width;
      readonly to: Register;
      readonly by: Operand;
    }
  /** Between the machine's byte order and the network's. */
  | { readonly kind: 'toNetworkOrder'; readonly to: Register; readonly bits: 16 | 32 | 64 }
  | {
      readonly kind: 'load';
      readonly bytes: AccessBytes;
      readonly to: Register;
      readonly base: Register;
      readonly offset: number;
    }
  | {
      readonly kind: 'store';
      readonly bytes: AccessBytes;
      readonly base: Register;
      readonly offset: number;
      readonly value: Operand;
    }
  /** Takes two slots. */
  | { readonly kind: 'constant'; readonly to: Register; readonly value: bigint }
  /** Takes two slots. */
  | { readonly kind: 'map'; readonly to: Register; readonly map: MapName }
  | { readonly kind: 'jump'; readonly target: Target }
  | {
      readonly kind: 'branch';
      readonly condition: Condition;
      readonly width: Width;
      readonly left: Register;
      readonly right: Operand;
      readonly target: Target;
    }
  | { readonly kind: 'call'; readonly helper: Helper }
  | { readonly kind: 'exit' };

/** Functions of the kernel that programs call (linux/bpf.h, `enum bpf_func_id`). */
export const HELPERS = { mapLookup: 1, tailCall: 12 } as const;

export type Helper = keyof typeof HELPERS;

/** Bytes of one slot. */
export const SLOT_BYTES = 8;

/** How many slots of eight bytes an instruction takes. */
export function slotsOf({ kind }: { readonly kind: string }): number {
  return kind === 'constant' || kind === 'map' ? 2 : 1;
}
