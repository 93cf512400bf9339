/** Brings a rendered policy program into the kernel: each part, then its slot. */
import { assemblePart, type PolicyProgram } from '../render/policy/policy-program';
import { withMaps } from './load-object';
import type { BpfMap } from './map';
import { BpfProgram, PROGRAM_TYPE } from './program';

/** GPL-compatible, as the helpers that policy programs call ask for nothing more. */
const LICENSE = 'Dual MIT/GPL';

/**
 * Loads the parts of a program; none is reachable yet. All or nothing. The caller closes them once they are in their slots.
 * @param slots one for each part, in their order
 * @param maps by name: those of {@link POLICY_MAPS}
 * @throws EbpfError PP_EBPF_PROGRAM_REFUSED
 */
export function loadPolicyProgram(
  name: string,
  program: PolicyProgram,
  slots: readonly number[],
  maps: ReadonlyMap<string, BpfMap>,
): readonly BpfProgram[] {
  const loaded: BpfProgram[] = [];
  try {
    for (const part of program.parts.keys()) {
      const { instructions, references } = assemblePart(program, part, slots);
      loaded.push(
        BpfProgram.load({
          name: `${name}_${part}`,
          type: PROGRAM_TYPE.SCHED_CLS,
          // Who tail-calls and who is called must have the same, and the C programs have none.
          attachType: 0,
          instructions: withMaps(instructions, references, maps),
          license: LICENSE,
        }),
      );
    }
    return loaded;
  } catch (error) {
    for (const part of loaded) part.close();
    throw error;
  }
}

/**
 * Puts loaded parts into their slots, the entered one last: until then every packet meets the program that was there, from then on
 * the new one. Parts that the old one goes on in must have slots of their own, free only when no packet is in it any more.
 */
export function installPolicyProgram(
  parts: readonly BpfProgram[],
  slots: readonly number[],
  policies: Pick<BpfMap, 'update'>,
): void {
  for (const [index, part] of [...parts.entries()].reverse()) {
    const slot = slots[index];
    if (slot === undefined) throw new RangeError(`part ${index} has no slot`);
    policies.update(u32(slot), u32(part.fd));
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
