/** Policy programs that say the same of every packet: what specs put in a policy's place. */
import type { BpfMap } from '../kernel/map';
import { BpfProgram, PROGRAM_TYPE } from '../kernel/program';

/** As `enum pp_verdict` has them. */
export const VERDICT = { allow: 1, deny: 2, next: 3 } as const;

/** Offsets in `struct pp_packet`. */
const VERDICT_OFFSET = 64;
const RESUME_OFFSET = 68;
const RULE_OFFSET = 72;
const SCRATCH_KEY_OFFSET = -4;
const LOOKUP = 1;
const TAIL_CALL = 12;
const SHOT = 2;

/** Writes its verdict and its rule, and resumes where it was called from. */
export function loadVerdictProgram(scratch: BpfMap, programs: BpfMap, verdict: number, rule: number): BpfProgram {
  const instructions = Buffer.concat([
    instruction(0xbf, 6, 1, 0, 0), // r6 = the packet
    instruction(0x62, 10, 0, SCRATCH_KEY_OFFSET, 0), // *(u32 *)(r10 - 4) = 0
    ...loadMap(1, scratch),
    instruction(0xbf, 2, 10, 0, 0),
    instruction(0x07, 2, 0, 0, SCRATCH_KEY_OFFSET),
    instruction(0x85, 0, 0, 0, LOOKUP),
    instruction(0x15, 0, 0, 7, 0), // nothing there: the end
    instruction(0x62, 0, 0, VERDICT_OFFSET, verdict),
    instruction(0x62, 0, 0, RULE_OFFSET, rule),
    instruction(0x61, 3, 0, RESUME_OFFSET, 0), // r3 = where to
    instruction(0xbf, 1, 6, 0, 0),
    ...loadMap(2, programs),
    instruction(0x85, 0, 0, 0, TAIL_CALL),
    instruction(0xb7, 0, 0, 0, SHOT),
    instruction(0x95, 0, 0, 0, 0),
  ]);
  const type = PROGRAM_TYPE.SCHED_CLS;
  return BpfProgram.load({ name: `verdict_${verdict}`, type, attachType: 0, instructions, license: 'GPL' });
}

function loadMap(register: number, map: BpfMap): readonly Buffer[] {
  return [instruction(0x18, register, 1, 0, map.fd), instruction(0, 0, 0, 0, 0)];
}

function instruction(code: number, destination: number, source: number, offset: number, immediate: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8(destination | (source << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(immediate, 4);
  return bytes;
}
