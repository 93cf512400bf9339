/** Policy programs in the kernel without any other program: a packet's fields go straight in, the verdict comes straight out. */
import {
  type DesiredState,
  familyOf,
  hasPorts,
  ICMP,
  ICMPV6,
  type IcmpMatch,
  type IpAddress,
  type Protocol,
} from '@polyplane/core/backend';
import { assemble, Label } from '../bytecode/assemble';
import { alu, call, exit, jumpIf, load, loadMap, move, setLabel, store } from '../bytecode/write';
import { withMaps } from '../kernel/load-object';
import { BpfMap, MAP_TYPE, type MapSpec, NO_PREALLOC } from '../kernel/map';
import { writeEntries } from '../kernel/map-batch';
import { installPolicyProgram, loadPolicyProgram } from '../kernel/policy-programs';
import { readPossibleProcessors } from '../kernel/processors';
import { BpfProgram, PROGRAM_TYPE } from '../kernel/program';
import { ADDRESS } from '../layout/address';
import { Identifiers } from '../render/identifiers';
import { IP_SET_VALUE, keyOfRange, keysOfSet } from '../render/ip-set-keys';
import { KeyNumbers } from '../render/policy/key-numbers';
import { PACKET, PACKET_FLAG, POLICY_MAPS, VERDICT } from '../render/policy/packet-context';
import type { PolicyProgram, RuleId } from '../render/policy/policy-program';
import { emptyIpv4Packet } from './sample-object';

/** A packet as policy programs see it. */
export interface PolicyPacket {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Absent: nothing was translated. */
  readonly beforeDnat?: { readonly address: IpAddress; readonly port: number | undefined };
  readonly protocol: Protocol;
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
  readonly icmp?: IcmpMatch | undefined;
  readonly length?: number;
}

/** What a program made of a packet. */
export interface PolicyAnswer {
  readonly verdict: 'allow' | 'deny' | 'next' | 'dropped';
  /** The rule that decided. */
  readonly rule: RuleId | undefined;
  /** Of one run. */
  readonly nanoseconds: number;
}

const SCRATCH_BYTES = 256;
const RESUME = 3;
/** What the resumed program returns: that it ran, the verdict, and above both the number of the rule. */
const RESUMED = 0x80;
const RULE_SHIFT = 8;

const MAPS: readonly MapSpec[] = [
  map(POLICY_MAPS.scratch, MAP_TYPE.PERCPU_ARRAY, 4, SCRATCH_BYTES, 1),
  map(POLICY_MAPS.programs, MAP_TYPE.PROG_ARRAY, 4, 4, 32),
  map(POLICY_MAPS.policies, MAP_TYPE.PROG_ARRAY, 4, 4, 65536),
  map(POLICY_MAPS.ipSets, MAP_TYPE.LPM_TRIE, 28, 4, 1 << 20, NO_PREALLOC),
  map(POLICY_MAPS.ruleCounters, MAP_TYPE.PERCPU_ARRAY, 4, 16, 131072),
];

function map(name: string, type: number, keySize: number, valueSize: number, maxEntries: number, flags = 0): MapSpec {
  return { name, type, keySize, valueSize, maxEntries, flags };
}

export class PolicyBed {
  readonly rules = new KeyNumbers<RuleId>(POLICY_MAPS.ruleCounters, 131072);
  readonly sets = new Identifiers();
  private readonly processors = readPossibleProcessors();
  private readonly maps: ReadonlyMap<string, BpfMap>;
  private readonly resumed: BpfProgram;
  private parts: readonly BpfProgram[] = [];

  constructor() {
    this.maps = new Map(MAPS.map((spec) => [spec.name, BpfMap.create(spec, this.processors)]));
    this.resumed = this.loadResumed();
    this.map(POLICY_MAPS.programs).update(u32(RESUME), u32(this.resumed.fd));
  }

  /** Loads a program, with the sets that it asks; milliseconds that the kernel took to load it. */
  load(program: PolicyProgram, { ipSets }: Pick<DesiredState, 'ipSets'>): number {
    this.unload();
    const keys = [...program.sets].flatMap((id) => {
      // A set of the state is there or not; a list of ranges is of the program itself.
      const set = ipSets.get(id as Exclude<typeof id, `ranges/${string}`>);
      if (set !== undefined) return keysOfSet(this.sets.of(id), set);
      return (program.ranges.get(id) ?? []).map((range) => keyOfRange(this.sets.of(id), range));
    });
    writeEntries(
      this.map(POLICY_MAPS.ipSets),
      keys.map((key) => ({ key, value: IP_SET_VALUE })),
    );
    const slots = [...program.parts.keys()].map((index) => index + 1);
    const began = process.hrtime.bigint();
    this.parts = loadPolicyProgram('policy', program, slots, this.maps);
    const took = Number(process.hrtime.bigint() - began) / 1e6;
    installPolicyProgram(this.parts, slots, this.map(POLICY_MAPS.policies));
    return took;
  }

  /** Sends a packet through the loaded program. */
  ask(packet: PolicyPacket, repeat = 1): PolicyAnswer {
    const [entered] = this.parts;
    if (entered === undefined) throw new Error('no program is loaded');
    this.map(POLICY_MAPS.scratch).update(u32(0), Buffer.alloc(SCRATCH_BYTES * this.processors, encodePacket(packet)));
    const { result, nanoseconds } = entered.testRun(emptyIpv4Packet(), { repeat });
    const verdict = verdictOf(result & 0xff);
    return { verdict, rule: this.rules.keyOf(result >>> RULE_SHIFT), nanoseconds };
  }

  /** Empties the slot of a part, as if it had never been loaded. */
  emptySlot(part: number): void {
    this.map(POLICY_MAPS.policies).delete(u32(part + 1));
  }

  /** What a rule has counted. */
  countOf(rule: RuleId): { readonly packets: number; readonly bytes: number } {
    const value = this.map(POLICY_MAPS.ruleCounters).lookup(u32(this.rules.numberOf(rule))) ?? Buffer.alloc(0);
    let packets = 0n;
    let bytes = 0n;
    for (let at = 0; at < value.length; at += 16) {
      packets += value.readBigUInt64LE(at);
      bytes += value.readBigUInt64LE(at + 8);
    }
    return { packets: Number(packets), bytes: Number(bytes) };
  }

  close(): void {
    this.unload();
    this.resumed.close();
    for (const each of this.maps.values()) each.close();
  }

  private unload(): void {
    for (const [index, part] of this.parts.entries()) {
      this.map(POLICY_MAPS.policies).delete(u32(index + 1));
      part.close();
    }
    this.parts = [];
  }

  private map(name: string): BpfMap {
    const found = this.maps.get(name);
    if (found === undefined) throw new Error(`no map ${name}`);
    return found;
  }

  private loadResumed(): BpfProgram {
    const absent = new Label('absent');
    const { instructions, references } = assemble([
      store(4, 'r10', -4, 0),
      move('r2', 'r10'),
      alu('add', 'r2', -4),
      loadMap('r1', POLICY_MAPS.scratch),
      call('mapLookup'),
      jumpIf('equal', 'r0', 0, absent, 64),
      load(4, 'r1', 'r0', PACKET.rule),
      alu('shiftLeft', 'r1', RULE_SHIFT),
      load(4, 'r0', 'r0', PACKET.verdict),
      alu('or', 'r0', RESUMED),
      alu('or', 'r0', 'r1'),
      exit(),
      setLabel(absent),
      move('r0', 0),
      exit(),
    ]);
    const type = PROGRAM_TYPE.SCHED_CLS;
    return BpfProgram.load({
      name: 'resumed',
      type,
      attachType: 0,
      instructions: withMaps(instructions, references, this.maps),
      license: 'GPL',
    });
  }
}

function verdictOf(value: number): PolicyAnswer['verdict'] {
  const [name] = Object.entries(VERDICT).find(([, number]) => (number | RESUMED) === value) ?? [];
  // The names of the table are the verdicts.
  return (name as keyof typeof VERDICT | undefined) ?? 'dropped';
}

function encodePacket(packet: PolicyPacket): Buffer {
  const { source, destination, protocol, sourcePort, destinationPort, icmp } = packet;
  const before = packet.beforeDnat ?? { address: destination, port: destinationPort };
  const bytes = Buffer.alloc(SCRATCH_BYTES);
  ADDRESS.write(bytes, PACKET.source, source);
  ADDRESS.write(bytes, PACKET.destination, destination);
  ADDRESS.write(bytes, PACKET.destinationBeforeDnat, before.address);
  bytes.writeUInt16LE(sourcePort ?? 0, PACKET.sourcePort);
  bytes.writeUInt16LE(destinationPort ?? 0, PACKET.destinationPort);
  bytes.writeUInt16LE(before.port ?? 0, PACKET.destinationPortBeforeDnat);
  bytes.writeUInt8(protocol, PACKET.protocol);
  bytes.writeUInt8(familyOf(source), PACKET.family);
  const isIcmp = icmp !== undefined && (protocol === ICMP || protocol === ICMPV6);
  if (isIcmp) {
    bytes.writeUInt8(icmp.type, PACKET.icmp);
    bytes.writeUInt8(icmp.code ?? 0, PACKET.icmp + 1);
  }
  bytes.writeUInt16LE(
    (hasPorts(protocol) ? PACKET_FLAG.hasPorts : 0) | (isIcmp ? PACKET_FLAG.isIcmp : 0),
    PACKET.flags,
  );
  bytes.writeUInt32LE(RESUME, PACKET.resume);
  bytes.writeUInt32LE(packet.length ?? 0, PACKET.length);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
