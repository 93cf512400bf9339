/** Reads a program's bytes back into instructions: those that this backend writes. */
import {
  CLASS,
  MODE_IMMEDIATE,
  MODE_MEMORY,
  OPERATION_CALL,
  OPERATION_EXIT,
  OPERATION_TO_ORDER,
  PSEUDO_MAP_FD,
  SIZES,
  SOURCE_REGISTER,
} from './encode';
import {
  type AccessBytes,
  ALU_OPERATIONS,
  type AluOperation,
  CONDITIONS,
  type Condition,
  HELPERS,
  type Helper,
  type Instruction,
  type Operand,
  REGISTERS,
  type Register,
  SLOT_BYTES,
  slotsOf,
} from './instruction';

/** @throws RangeError for bytes that are no instruction of {@link Instruction} */
export function decode(bytes: Buffer): readonly Instruction[] {
  const instructions: Instruction[] = [];
  for (let at = 0; at < bytes.length; ) {
    const instruction = decodeAt(bytes, at);
    instructions.push(instruction);
    at += slotsOf(instruction) * SLOT_BYTES;
  }
  return instructions;
}

interface Slot {
  readonly opcode: number;
  readonly to: Register;
  readonly from: number;
  readonly offset: number;
  readonly immediate: number;
}

function decodeAt(bytes: Buffer, at: number): Instruction {
  const slot = readSlot(bytes, at);
  const { opcode, to, offset } = slot;
  switch (opcode & 0x07) {
    case CLASS.LD:
      return decodePair(slot, readSlot(bytes, at + SLOT_BYTES).immediate);
    case CLASS.LDX:
      return { kind: 'load', bytes: accessBytes(opcode), to, base: register(slot.from), offset };
    case CLASS.ST:
    case CLASS.STX: {
      const value: Operand = (opcode & 0x07) === CLASS.ST ? slot.immediate : register(slot.from);
      return { kind: 'store', bytes: accessBytes(opcode), base: to, offset, value };
    }
    case CLASS.ALU:
    case CLASS.ALU64:
      return decodeAlu(slot);
    default:
      return decodeJump(slot);
  }
}

function decodeAlu(slot: Slot): Instruction {
  const { opcode, to, immediate } = slot;
  if ((opcode & 0xf0) === OPERATION_TO_ORDER) {
    if (opcode !== (OPERATION_TO_ORDER | SOURCE_REGISTER | CLASS.ALU)) throw unknown(opcode);
    if (immediate !== 16 && immediate !== 32 && immediate !== 64) throw unknown(opcode);
    return { kind: 'toNetworkOrder', to, bits: immediate };
  }
  const operation = nameOf<AluOperation>(ALU_OPERATIONS, opcode >> 4, opcode);
  return { kind: 'alu', operation, width: (opcode & 0x07) === CLASS.ALU64 ? 64 : 32, to, by: operandOf(slot) };
}

function decodeJump(slot: Slot): Instruction {
  const { opcode, to, offset, immediate } = slot;
  if (opcode === CLASS.JMP) return { kind: 'jump', target: offset };
  if (opcode === (OPERATION_CALL | CLASS.JMP)) {
    return { kind: 'call', helper: nameOf<Helper>(HELPERS, immediate, opcode) };
  }
  if (opcode === (OPERATION_EXIT | CLASS.JMP)) return { kind: 'exit' };
  const condition = nameOf<Condition>(CONDITIONS, opcode >> 4, opcode);
  const width = (opcode & 0x07) === CLASS.JMP ? 64 : 32;
  return { kind: 'branch', condition, width, left: to, right: operandOf(slot), target: offset };
}

function decodePair({ opcode, to, from, immediate }: Slot, high: number): Instruction {
  if (opcode !== (MODE_IMMEDIATE | SIZES[8] | CLASS.LD)) throw unknown(opcode);
  if (from === PSEUDO_MAP_FD) return { kind: 'map', to, map: immediate };
  if (from !== 0) throw unknown(opcode);
  const value = (BigInt.asUintN(32, BigInt(high)) << 32n) | BigInt.asUintN(32, BigInt(immediate));
  return { kind: 'constant', to, value };
}

function operandOf({ opcode, from, immediate }: Slot): Operand {
  return (opcode & SOURCE_REGISTER) === 0 ? immediate : register(from);
}

function accessBytes(opcode: number): AccessBytes {
  const found = ([1, 2, 4, 8] as const).find((bytes) => SIZES[bytes] === (opcode & 0x18));
  if (found === undefined || (opcode & 0xe0) !== MODE_MEMORY) throw unknown(opcode);
  return found;
}

function nameOf<Name extends string>(table: Readonly<Record<Name, number>>, value: number, opcode: number): Name {
  // The keys of the table are its names, which `Object.entries` forgets.
  const found = (Object.entries(table) as [Name, number][]).find(([, code]) => code === value);
  if (found === undefined) throw unknown(opcode);
  return found[0];
}

function register(index: number): Register {
  const found = REGISTERS[index];
  if (found === undefined) throw new RangeError(`there is no BPF register ${index}`);
  return found;
}

function readSlot(bytes: Buffer, at: number): Slot {
  const registers = bytes.readUInt8(at + 1);
  return {
    opcode: bytes.readUInt8(at),
    to: register(registers & 0x0f),
    from: registers >> 4,
    offset: bytes.readInt16LE(at + 2),
    immediate: bytes.readInt32LE(at + 4),
  };
}

function unknown(opcode: number): RangeError {
  return new RangeError(`the BPF opcode 0x${opcode.toString(16)} is not one of those written here`);
}
