/** Instructions as the kernel takes them: eight bytes a slot, in the byte order of a little-endian machine (RFC 9669). */
import {
  type AccessBytes,
  ALU_OPERATIONS,
  CONDITIONS,
  HELPERS,
  type Instruction,
  type Operand,
  REGISTERS,
  type Register,
  SLOT_BYTES,
  slotsOf,
} from './instruction';

/** Instruction classes, the lower three bits of the opcode. */
export const CLASS = { LD: 0, LDX: 1, ST: 2, STX: 3, ALU: 4, JMP: 5, JMP32: 6, ALU64: 7 } as const;
/** The operand is a register, or the byte order the network's. */
export const SOURCE_REGISTER = 0x08;
export const MODE_IMMEDIATE = 0x00;
export const MODE_MEMORY = 0x60;
export const OPERATION_TO_ORDER = 0xd0;
export const OPERATION_CALL = 0x80;
export const OPERATION_EXIT = 0x90;
/** The source register of a two-slot load that says: the constant is a map's descriptor. */
export const PSEUDO_MAP_FD = 1;
export const SIZES: Readonly<Record<AccessBytes, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };

/** The finished program's bytes. @throws RangeError for a number that has no room in its field */
export function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.reduce((slots, instruction) => slots + slotsOf(instruction), 0) * SLOT_BYTES);
  let at = 0;
  for (const instruction of instructions) {
    const fields = fieldsOf(instruction);
    writeSlot(bytes, at, fields);
    if (fields.high !== undefined) writeSlot(bytes, at + SLOT_BYTES, { opcode: 0, immediate: fields.high });
    at += slotsOf(instruction) * SLOT_BYTES;
  }
  return bytes;
}

/** The fields of a slot; `high` is the constant of a second one. */
interface SlotFields {
  readonly opcode: number;
  readonly to?: Register;
  readonly from?: Register | number;
  readonly offset?: number;
  readonly immediate?: number;
  readonly high?: number;
}

function fieldsOf(instruction: Instruction): SlotFields {
  switch (instruction.kind) {
    case 'alu': {
      const { operation, width, to, by } = instruction;
      const opcode = (ALU_OPERATIONS[operation] << 4) | (width === 64 ? CLASS.ALU64 : CLASS.ALU);
      return { opcode: opcode | sourceBit(by), to, ...operandFields(by) };
    }
    case 'toNetworkOrder':
      return {
        opcode: OPERATION_TO_ORDER | SOURCE_REGISTER | CLASS.ALU,
        to: instruction.to,
        immediate: instruction.bits,
      };
    case 'load': {
      const { bytes, to, base, offset } = instruction;
      return { opcode: MODE_MEMORY | SIZES[bytes] | CLASS.LDX, to, from: base, offset };
    }
    case 'store': {
      const { bytes, base, offset, value } = instruction;
      const storeClass = typeof value === 'number' ? CLASS.ST : CLASS.STX;
      return { opcode: MODE_MEMORY | SIZES[bytes] | storeClass, to: base, offset, ...operandFields(value) };
    }
    case 'constant': {
      const { to, value } = instruction;
      return { opcode: PAIR, to, immediate: lowHalf(value), high: lowHalf(value >> 32n) };
    }
    case 'map':
      return { opcode: PAIR, to: instruction.to, from: PSEUDO_MAP_FD, immediate: instruction.map, high: 0 };
    case 'jump':
      return { opcode: CLASS.JMP, offset: instruction.target };
    case 'branch': {
      const { condition, width, left, right, target } = instruction;
      const opcode = (CONDITIONS[condition] << 4) | (width === 64 ? CLASS.JMP : CLASS.JMP32);
      return { opcode: opcode | sourceBit(right), to: left, offset: target, ...operandFields(right) };
    }
    case 'call':
      return { opcode: OPERATION_CALL | CLASS.JMP, immediate: HELPERS[instruction.helper] };
    case 'exit':
      return { opcode: OPERATION_EXIT | CLASS.JMP };
  }
}

/** A load of 64 bits, in two slots. */
const PAIR = MODE_IMMEDIATE | SIZES[8] | CLASS.LD;

function lowHalf(value: bigint): number {
  return Number(BigInt.asIntN(32, value));
}

function sourceBit(operand: Operand): number {
  return typeof operand === 'number' ? 0 : SOURCE_REGISTER;
}

function operandFields(operand: Operand): Pick<SlotFields, 'from' | 'immediate'> {
  return typeof operand === 'number' ? { immediate: operand } : { from: operand };
}

function writeSlot(bytes: Buffer, at: number, fields: SlotFields): void {
  const { opcode, to = 'r0', from = 0, offset = 0, immediate = 0 } = fields;
  const source = typeof from === 'number' ? from : REGISTERS.indexOf(from);
  bytes.writeUInt8(opcode, at);
  bytes.writeUInt8((source << 4) | REGISTERS.indexOf(to), at + 1);
  bytes.writeInt16LE(offset, at + 2);
  bytes.writeInt32LE(immediate, at + 4);
}
