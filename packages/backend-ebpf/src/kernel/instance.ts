/** The dataplane of one network namespace in the kernel: its maps and programs, held by pins whatever becomes of this process. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NetworkNamespace } from '@polyplane/linux';
import { EbpfError } from '../ebpf-error';
import { dataplaneObject, PROGRAM_SLOTS } from '../object/dataplane-object';
import type { AttachmentKind } from '../render/node-renderer';
import { InterfacePrograms, type ProgramPair } from './interface-programs';
import { type LoadedObject, loadObject } from './load-object';
import { BpfMap } from './map';
import { deleteEntries, readEntries } from './map-batch';
import { readPossibleProcessors } from './processors';
import { attachSocketPrograms, detachSocketPrograms } from './socket-programs';

/** Which programs run on which kind of interface. */
const PAIRS: Readonly<Record<AttachmentKind, Readonly<Record<keyof ProgramPair, string>>>> = {
  workload: { ingress: 'pp_from_workload', egress: 'pp_to_workload' },
  host: { ingress: 'pp_from_network', egress: 'pp_to_network' },
};
const PROGRAMS = 'pp_programs';

export class Instance {
  private readonly interfaces: InterfacePrograms;

  private constructor(
    private readonly object: LoadedObject,
    private readonly folder: string,
    namespace: NetworkNamespace,
  ) {
    this.interfaces = new InterfacePrograms(namespace, folder);
  }

  /** Something of an earlier session is pinned there. */
  static isThere(folder: string): boolean {
    return existsSync(folder);
  }

  /** The maps that an earlier session left there, by name. The caller closes them. */
  static openMaps(folder: string): ReadonlyMap<string, BpfMap> {
    const processors = readPossibleProcessors();
    const maps = new Map<string, BpfMap>();
    if (!existsSync(folder)) return maps;
    for (const { name } of dataplaneObject().maps) {
      const map = BpfMap.openPinned(join(folder, name), processors);
      if (map !== undefined) maps.set(name, map);
    }
    return maps;
  }

  /**
   * Loads the programs over the maps that are there, and over new ones where none are; pins what is new. Nothing is attached yet.
   * @throws EbpfError PP_EBPF_PROGRAM_REFUSED, PP_EBPF_MAP_FAILED, PP_EBPF_PIN_FAILED
   */
  static load(folder: string, namespace: NetworkNamespace, maxEntries: ReadonlyMap<string, number>): Instance {
    const found = Instance.openMaps(folder);
    for (const definition of dataplaneObject().maps) assertFits(definition, found.get(definition.name));
    const object = loadObject(dataplaneObject(), { maps: found, maxEntries });
    try {
      mkdirSync(folder, { recursive: true });
      for (const [name, map] of object.maps) {
        if (!found.has(name) && isOfLayout(name)) map.pin(join(folder, name));
      }
      for (const [name, slot] of Object.entries(PROGRAM_SLOTS)) {
        object.map(PROGRAMS).update(u32(slot), u32(object.program(name).fd));
      }
    } catch (error) {
      object.close();
      throw error;
    }
    return new Instance(object, folder, namespace);
  }

  /** Takes everything off and away that is pinned in the folder, by whichever session. */
  static remove(folder: string, namespace: NetworkNamespace): void {
    if (!existsSync(folder)) return;
    const interfaces = new InterfacePrograms(namespace, folder);
    for (const index of interfaces.attached) interfaces.detach(index);
    detachSocketPrograms(folder);
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    rmdirSync(folder);
    const parent = dirname(folder);
    if (readdirSync(parent).length === 0) rmdirSync(parent);
  }

  /** Of the maps that are pinned in the folder. */
  static forgetConnections(folder: string): void {
    const processors = readPossibleProcessors();
    for (const name of ['pp_conntrack', 'pp_bound', 'pp_fragments']) {
      const map = existsSync(folder) ? BpfMap.openPinned(join(folder, name), processors) : undefined;
      if (map === undefined) continue;
      deleteEntries(
        map,
        [...readEntries(map)].map(({ key }) => key),
      );
      map.close();
    }
  }

  get maps(): ReadonlyMap<string, BpfMap> {
    return this.object.maps;
  }

  /** @throws EbpfError PP_EBPF_OBJECT_INVALID when there is none */
  map(name: string): BpfMap {
    return this.object.map(name);
  }

  /** Interfaces that have programs of ours, by whichever session; also those that are gone since. */
  get attached(): ReadonlySet<number> {
    return this.interfaces.attached;
  }

  attach(index: number, kind: AttachmentKind): void {
    const { ingress, egress } = PAIRS[kind];
    this.interfaces.attach(index, { ingress: this.object.program(ingress), egress: this.object.program(egress) });
  }

  detach(index: number): void {
    this.interfaces.detach(index);
  }

  isWhole(index: number): boolean {
    return this.interfaces.isWhole(index);
  }

  /** False: this host's sockets cannot be reached. */
  attachToSockets(): boolean {
    return attachSocketPrograms(this.folder, (name) => this.object.program(name));
  }

  detachFromSockets(): void {
    detachSocketPrograms(this.folder);
  }

  /** Lets go of the descriptors; what is pinned and attached stays. */
  close(): void {
    this.object.close();
  }
}

/** Not the data sections of this very load. */
function isOfLayout(name: string): boolean {
  return dataplaneObject().maps.some((definition) => definition.name === name);
}

/** What is pinned may be of another version. */
function assertFits(
  { name, keySize, valueSize }: { name: string; keySize: number; valueSize: number },
  map: BpfMap | undefined,
): void {
  if (map === undefined || (map.spec.keySize === keySize && map.spec.valueSize === valueSize)) return;
  throw new EbpfError(
    'PP_EBPF_MAP_FAILED',
    `the pinned BPF map ${name} is of another version: ${map.spec.keySize} and ${map.spec.valueSize} bytes, not ${keySize} and ${valueSize}`,
    { isRetriable: false },
  );
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
