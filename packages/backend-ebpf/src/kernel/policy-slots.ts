/** The places of policy programs in `pp_policies`: each program has its own, and none is changed while a packet may be in it. */
import { EbpfError } from '../ebpf-error';
import type { PolicyProgram } from '../render/policy/policy-program';
import type { BpfMap } from './map';
import { installPolicyProgram, loadPolicyProgram } from './policy-programs';

/** 0 stands for none. */
const FIRST_SLOT = 1;

export class PolicySlots {
  private readonly slots = new Map<PolicyProgram, readonly number[]>();
  private readonly used = new Set<number>();
  /** Nobody is led there any more, but a packet may still be on its way. */
  private retired: number[] = [];
  private next = FIRST_SLOT;

  /** What an earlier session left stays until {@link retireFound}. */
  constructor(
    private readonly maps: ReadonlyMap<string, BpfMap>,
    private found: readonly number[],
  ) {
    for (const slot of found) this.used.add(slot);
  }

  /** Loads the program unless it is there, and gives the slot by which it is entered. @throws EbpfError PP_EBPF_PROGRAM_REFUSED */
  enter(name: string, program: PolicyProgram): number {
    const known = this.slots.get(program)?.[0];
    if (known !== undefined) return known;
    const slots = program.parts.map(() => this.take());
    const parts = loadPolicyProgram(name, program, slots, this.maps);
    try {
      installPolicyProgram(parts, slots, this.policies);
    } finally {
      for (const part of parts) part.close();
    }
    this.slots.set(program, slots);
    return slots[0] ?? 0;
  }

  /** Only these are entered from now on. */
  keepOnly(programs: ReadonlySet<PolicyProgram>): void {
    for (const [program, slots] of this.slots) {
      if (programs.has(program)) continue;
      this.slots.delete(program);
      this.retired.push(...slots);
    }
  }

  /** What an earlier session left is entered no more. */
  retireFound(): void {
    this.retired.push(...this.found);
    this.found = [];
  }

  /** Empties what was retired before: by now no packet is in it. */
  freeRetired(): void {
    for (const slot of this.retired) {
      this.policies.delete(u32(slot));
      this.used.delete(slot);
    }
    this.retired = [];
  }

  private get policies(): BpfMap {
    const map = this.maps.get('pp_policies');
    if (map === undefined) throw new RangeError('there is no map pp_policies');
    return map;
  }

  private take(): number {
    const most = this.policies.spec.maxEntries;
    for (let tried = FIRST_SLOT; tried < most; tried += 1) {
      const slot = this.next;
      this.next = this.next + 1 < most ? this.next + 1 : FIRST_SLOT;
      if (this.used.has(slot)) continue;
      this.used.add(slot);
      return slot;
    }
    throw new EbpfError('PP_EBPF_MAP_FULL', `all ${most} places for policy programs are taken`, { isRetriable: false });
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
