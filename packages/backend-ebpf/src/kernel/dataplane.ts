/** Carries steps out in the kernel, in an order that is safe at every moment, and knows what is there. */
import { ENDPOINT } from '../layout/layouts';
import { POLICY_PLACES } from '../render/endpoints/endpoint-questions';
import { IP_SET_VALUE } from '../render/ip-set-keys';
import { MAPS_IN_ORDER, type MapKey, type MapEntry as RenderedEntry } from '../render/map-entry';
import type { AttachmentKind, EndpointSpec, NodeStep } from '../render/node-renderer';
import type { PolicyProgram } from '../render/policy/policy-program';
import type { Instance } from './instance';
import type { BpfMap } from './map';
import { deleteEntries, readEntries, writeEntries } from './map-batch';
import { PolicySlots } from './policy-slots';

/** Text of bytes, one character a byte: what a `Map` compares. */
type Bytes = string;

export class KernelDataplane {
  private readonly slots: PolicySlots;
  private readonly attachments = new Map<number, AttachmentKind>();
  /** What is to be at sockets is, or is not to be and is not. */
  private isAtSockets = false;

  /**
   * @param generation above all that an earlier session can have given
   * @param isNew there was none: nothing need be looked for
   * @param balancesAtConnect the host's own sockets are connected to endpoints at once
   */
  constructor(
    private readonly instance: Instance,
    private generation: number,
    isNew: boolean,
    private readonly balancesAtConnect: boolean,
  ) {
    this.slots = new PolicySlots(instance.maps, isNew ? [] : readUsedSlots(instance.map('pp_policies')));
  }

  /**
   * First what others lead to, then what leads there, and the programs of interfaces that have none yet; what goes, last. Whatever fails
   * leaves what was in force before.
   */
  apply(step: NodeStep): void {
    this.slots.freeRetired();
    this.writeSets(step.sets.added);
    this.writeEntries(step.entries.changes.writes);
    for (const [index, spec] of step.changedEndpoints) this.writeEndpoint(index, spec);
    for (const [index, kind] of step.attachments) this.attach(index, kind);
    this.attachToSockets();
    this.deleteEndpoints(step.goneEndpoints);
    this.deleteEntries(step.entries.changes.deletions);
    deleteEntries(this.instance.map('pp_ip_sets'), step.sets.removed.map(bytesOf));
    this.detachAllBut(step.attachments);
    this.slots.keepOnly(programsOf(step.endpoints));
  }

  /** After everything was written: what an earlier session left, and is not wanted, goes. One line for each thing that differed. */
  repair(wanted: WantedEntries, attachments: NodeStep['attachments']): readonly string[] {
    const repaired: string[] = [];
    for (const map of MAPS_IN_ORDER) {
      const entries = wanted.entries.filter((entry) => entry.map === map);
      repaired.push(...this.repairMap(map, new Map(entries.map(({ key, value }) => [key, value]))));
    }
    repaired.push(...this.repairMap('pp_ip_sets', new Map(wanted.setKeys.map((key) => [key, IP_SET_VALUE]))));
    repaired.push(...this.repairEndpoints(wanted.endpoints));
    for (const [index, kind] of attachments) {
      if (this.instance.isWhole(index)) continue;
      this.instance.attach(index, kind);
      repaired.push(`the programs of interface ${index} were gone`);
    }
    this.detachAllBut(attachments);
    this.slots.retireFound();
    return repaired;
  }

  /** The interfaces have other programs than these. */
  isAttachedOtherwise(wanted: NodeStep['attachments']): boolean {
    if (wanted.size !== this.attachments.size) return true;
    return [...wanted].some(([index, kind]) => this.attachments.get(index) !== kind);
  }

  private repairMap(name: string, wanted: ReadonlyMap<Bytes, Buffer>): readonly string[] {
    const map = this.instance.map(name);
    const found = new Map(
      [...readEntries(map)].map(({ key, value }) => [key.toString('latin1'), Buffer.from(value)] as const),
    );
    const wrong = [...wanted].filter(([key, value]) => found.get(key)?.equals(value) !== true);
    const extra = [...found.keys()].filter((key) => !wanted.has(key) && !isEmptyOfArray(map, found.get(key)));
    writeEntries(
      map,
      wrong.map(([key, value]) => ({ key: bytesOf(key), value })),
    );
    deleteEntries(map, extra.map(bytesOf));
    return [...wrong.map(([key]) => `${name} + ${hex(key)}`), ...extra.map((key) => `${name} - ${hex(key)}`)];
  }

  /** Slots and generations are this session's own affair: only that an entry is missing, or too many, or written by another, is seen. */
  private repairEndpoints(wanted: ReadonlyMap<number, EndpointSpec>): readonly string[] {
    const map = this.instance.map('pp_endpoints');
    const found = new Map(
      [...readEntries(map)].map(({ key, value }) => [key.readUInt32LE(), ENDPOINT.decode(value)] as const),
    );
    const extra = [...found.keys()].filter((index) => !wanted.has(index));
    const wrong = [...wanted].filter(([index, spec]) => !this.isAsWritten(found.get(index), spec));
    for (const [index, spec] of wrong) this.writeEndpoint(index, spec);
    this.deleteEndpoints(extra);
    return [
      ...wrong.map(([index]) => `pp_endpoints + interface ${index}`),
      ...extra.map((index) => `pp_endpoints - interface ${index}`),
    ];
  }

  private isAsWritten(found: ReturnType<typeof ENDPOINT.decode> | undefined, spec: EndpointSpec): boolean {
    if (found === undefined || found.flags !== spec.flags) return false;
    return POLICY_PLACES.every((place) => found[place] === this.slotOf(spec.programs[place], place));
  }

  private writeEndpoint(index: number, spec: EndpointSpec): void {
    const slots = Object.fromEntries(
      POLICY_PLACES.map((place) => [place, this.slotOf(spec.programs[place], `${NAMES[place]}${index}`)] as const),
    ) as Record<(typeof POLICY_PLACES)[number], number>;
    this.generation = this.generation >= LAST_GENERATION ? 1 : this.generation + 1;
    const value = { id: index, flags: spec.flags, ...slots, generation: this.generation };
    this.instance.map('pp_endpoints').update(u32(index), ENDPOINT.encode(value));
  }

  private slotOf(program: PolicyProgram | undefined, name: string): number {
    return program === undefined ? 0 : this.slots.enter(name, program);
  }

  private deleteEndpoints(indexes: readonly number[]): void {
    const map = this.instance.map('pp_endpoints');
    for (const index of indexes) map.delete(u32(index));
  }

  private writeSets(keys: readonly Bytes[]): void {
    const map = this.instance.map('pp_ip_sets');
    writeEntries(
      map,
      keys.map((key) => ({ key: bytesOf(key), value: IP_SET_VALUE })),
    );
  }

  private writeEntries(entries: readonly RenderedEntry[]): void {
    for (const [name, ofMap] of groupByMap(entries)) {
      writeEntries(
        this.instance.map(name),
        ofMap.map(({ key, value }) => ({ key: bytesOf(key), value })),
      );
    }
  }

  private deleteEntries(keys: readonly MapKey[]): void {
    for (const [name, ofMap] of groupByMap(keys)) {
      // The settings are never taken away: without them nothing passes.
      if (name !== 'pp_config')
        deleteEntries(
          this.instance.map(name),
          ofMap.map(({ key }) => bytesOf(key)),
        );
    }
  }

  private attachToSockets(): void {
    if (this.isAtSockets) return;
    if (this.balancesAtConnect) this.instance.attachToSockets();
    else this.instance.detachFromSockets();
    this.isAtSockets = true;
  }

  private attach(index: number, kind: AttachmentKind): void {
    if (this.attachments.get(index) === kind) return;
    this.instance.attach(index, kind);
    this.attachments.set(index, kind);
  }

  private detachAllBut(wanted: NodeStep['attachments']): void {
    for (const index of this.instance.attached) {
      if (wanted.has(index)) continue;
      this.instance.detach(index);
      this.attachments.delete(index);
    }
  }
}

/** Short: a program's name has 15 characters. */
const NAMES = { egress: 'eg', ingress: 'in', forward_out: 'fo', forward_in: 'fi', pre_dnat: 'pd' } as const;

/** What must be there. */
export interface WantedEntries {
  readonly entries: readonly RenderedEntry[];
  readonly setKeys: readonly Bytes[];
  readonly endpoints: ReadonlyMap<number, EndpointSpec>;
}

const LAST_GENERATION = 0xffff_ffff;
/** Milliseconds in the unit that generations begin with: a session writes fewer endpoints in that time, all in all. */
const GENERATION_MILLISECONDS = 64;

/**
 * Where a session's generations begin: above every one that an earlier session gave. Flows remember those of endpoints that are gone, so
 * the endpoints that are there do not tell: the clock does.
 */
export function firstGeneration(instance: Instance, milliseconds: number): number {
  const found = [...readEntries(instance.map('pp_endpoints'))].map(({ value }) => ENDPOINT.decode(value).generation);
  const byClock = Math.floor(milliseconds / GENERATION_MILLISECONDS) % LAST_GENERATION;
  return Math.max(byClock, ...found);
}

function programsOf(endpoints: ReadonlyMap<number, EndpointSpec>): ReadonlySet<PolicyProgram> {
  const programs = [...endpoints.values()].flatMap((spec) => POLICY_PLACES.map((place) => spec.programs[place]));
  return new Set(programs.filter((program) => program !== undefined));
}

function readUsedSlots(policies: BpfMap): readonly number[] {
  return [...readEntries(policies)].map(({ key }) => key.readUInt32LE());
}

/** An array holds every index, and what was never written is zeros. */
function isEmptyOfArray(map: BpfMap, value: Buffer | undefined): boolean {
  return map.name.startsWith('pp_config') && (value?.every((byte) => byte === 0) ?? true);
}

function groupByMap<T extends MapKey>(entries: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const group = groups.get(entry.map);
    if (group === undefined) groups.set(entry.map, [entry]);
    else group.push(entry);
  }
  return groups;
}

function bytesOf(text: Bytes): Buffer {
  return Buffer.from(text, 'latin1');
}

function hex(text: Bytes): string {
  return bytesOf(text).toString('hex');
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
