import { expect } from 'chai';
import fc from 'fast-check';
import { decode } from './decode';
import { encode } from './encode';
import { formatInstructions } from './format';
import {
  ALU_OPERATIONS,
  type AluOperation,
  CONDITIONS,
  type Condition,
  HELPERS,
  type Helper,
  type Instruction,
  REGISTERS,
} from './instruction';

const register = fc.constantFrom(...REGISTERS);
const immediate = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const operand = fc.oneof(register, immediate);
const offset = fc.integer({ min: -32768, max: 32767 });
const bytes = fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const);
const width = fc.constantFrom(32 as const, 64 as const);
const kind = <Kind extends Instruction['kind']>(name: Kind) => fc.constant(name);

const arbitraryInstruction: fc.Arbitrary<Instruction> = fc.oneof(
  fc.record({
    kind: kind('alu'),
    operation: fc.constantFrom(...(Object.keys(ALU_OPERATIONS) as AluOperation[])),
    width,
    to: register,
    by: operand,
  }),
  fc.record({
    kind: kind('toNetworkOrder'),
    to: register,
    bits: fc.constantFrom(16 as const, 32 as const, 64 as const),
  }),
  fc.record({ kind: kind('load'), bytes, to: register, base: register, offset }),
  fc.record({ kind: kind('store'), bytes, base: register, offset, value: operand }),
  fc.record({ kind: kind('constant'), to: register, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: kind('map'), to: register, map: fc.nat(2 ** 31 - 1) }),
  fc.record({ kind: kind('jump'), target: offset }),
  fc.record({
    kind: kind('branch'),
    condition: fc.constantFrom(...(Object.keys(CONDITIONS) as Condition[])),
    width,
    left: register,
    right: operand,
    target: offset,
  }),
  fc.record({ kind: kind('call'), helper: fc.constantFrom(...(Object.keys(HELPERS) as Helper[])) }),
  fc.record({ kind: kind('exit') }),
);

describe('encode', () => {
  it('is what decode reads back, for every instruction', () => {
    fc.assert(
      fc.property(fc.array(arbitraryInstruction), (instructions) => {
        expect(decode(encode(instructions))).to.deep.equal(instructions);
      }),
    );
  });

  it('refuses a number that has no room in its field', () => {
    expect(() => encode([{ kind: 'jump', target: 32768 }])).to.throw(RangeError);
    expect(() => encode([{ kind: 'alu', operation: 'add', width: 64, to: 'r0', by: 2 ** 31 }])).to.throw(RangeError);
  });
});

describe('decode', () => {
  it('reads any bytes into instructions that encode to the same, or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 64 }), (data) => {
        const whole = Buffer.from(data.subarray(0, data.length & ~7));
        let instructions: readonly Instruction[];
        try {
          instructions = decode(whole);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
          return;
        }
        // Fields that an instruction does not use are not kept.
        expect(decode(encode(instructions))).to.deep.equal(instructions);
      }),
      { numRuns: 500 },
    );
  });
});

describe('formatInstructions', () => {
  it('gives every instruction a line of its own, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(arbitraryInstruction), (instructions) => {
        expect(formatInstructions(instructions).split('\n').filter(Boolean)).to.have.length(instructions.length);
      }),
    );
  });
});
