/** Brings a parsed object into the kernel: its types, its maps, its data, its programs. */
import { closeSync } from 'node:fs';
import { EbpfError } from '../ebpf-error';
import type { BpfObject, DataDefinition, ProgramDefinition } from '../object/bpf-object';
import type { MapReference } from '../object/link-program';
import type { MapDefinition } from '../object/map-definitions';
import { BpfAttributes, bpf, ERRNO, formatErrno } from './bpf-call';
import { BpfMap, MAP_TYPE, READ_ONLY_FOR_PROGRAMS } from './map';
import { readPossibleProcessors } from './processors';
import { ATTACH_TYPE, BpfProgram, PROGRAM_TYPE } from './program';

/** What is loaded of an object. */
export interface LoadOptions {
  /** Maps that are there already, by name (pinned ones, shared ones): taken as they are, none is made in their place. */
  readonly maps?: ReadonlyMap<string, BpfMap>;
  /** Room in a map, by its name, where the object's own number does not fit. */
  readonly maxEntries?: ReadonlyMap<string, number>;
  /** First values of variables in `.rodata`, `.data` or `.bss`, by name. */
  readonly variables?: ReadonlyMap<string, Buffer>;
  /** Which programs; absent: all. */
  readonly programs?: (program: ProgramDefinition) => boolean;
}

/** A loaded object. The caller owns its descriptors. */
export class LoadedObject {
  constructor(
    readonly maps: ReadonlyMap<string, BpfMap>,
    readonly programs: ReadonlyMap<string, BpfProgram>,
  ) {}

  /** @throws EbpfError PP_EBPF_OBJECT_INVALID when the object has no such map */
  map(name: string): BpfMap {
    return this.maps.get(name) ?? missing(`map ${name}`);
  }

  /** @throws EbpfError PP_EBPF_OBJECT_INVALID when the object has no such program */
  program(name: string): BpfProgram {
    return this.programs.get(name) ?? missing(`program ${name}`);
  }

  /** Closes the descriptors; what is pinned, attached or in use stays. */
  close(): void {
    for (const program of this.programs.values()) program.close();
    for (const map of this.maps.values()) map.close();
  }
}

/** What a program is, by the name of its section: the longest beginning that fits. */
const KINDS: readonly (readonly [section: string, type: number, attachType: number])[] = [
  ['tc', PROGRAM_TYPE.SCHED_CLS, 0],
  ['cgroup/connect4', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_INET4_CONNECT],
  ['cgroup/connect6', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_INET6_CONNECT],
  ['cgroup/sendmsg4', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_UDP4_SENDMSG],
  ['cgroup/sendmsg6', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_UDP6_SENDMSG],
  ['cgroup/recvmsg4', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_UDP4_RECVMSG],
  ['cgroup/recvmsg6', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_UDP6_RECVMSG],
  ['cgroup/getpeername4', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_INET4_GETPEERNAME],
  ['cgroup/getpeername6', PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_INET6_GETPEERNAME],
];

/**
 * All or nothing: after an error nothing that this call made is left.
 * @throws EbpfError PP_EBPF_MAP_FAILED, PP_EBPF_PROGRAM_REFUSED, PP_EBPF_OBJECT_INVALID
 */
export function loadObject(object: BpfObject, options: LoadOptions = {}): LoadedObject {
  const maps = new Map(options.maps);
  const programs = new Map<string, BpfProgram>();
  const btf = loadBtf(object.btfBytes);
  try {
    const processors = readPossibleProcessors();
    for (const definition of object.maps) {
      if (!maps.has(definition.name)) maps.set(definition.name, makeMap(definition, options, btf, processors));
    }
    for (const data of object.data) {
      if (!maps.has(data.name)) maps.set(data.name, makeDataMap(data, object, options, processors));
    }
    for (const program of object.programs.filter(options.programs ?? (() => true))) {
      programs.set(program.name, loadProgram(program, object, maps, btf));
    }
    return new LoadedObject(maps, programs);
  } catch (error) {
    for (const program of programs.values()) program.close();
    for (const [name, map] of maps) if (options.maps?.get(name) !== map) map.close();
    throw error;
  } finally {
    // Maps and programs hold on to it by themselves.
    closeSync(btf);
  }
}

function loadBtf(bytes: Buffer): number {
  const fd = bpf('BTF_LOAD', new BpfAttributes().pointer(0, bytes).u32(16, bytes.length));
  if (fd >= 0) return fd;
  const log = Buffer.alloc(1 << 16);
  bpf(
    'BTF_LOAD',
    new BpfAttributes().pointer(0, bytes).pointer(8, log).u32(16, bytes.length).u32(20, log.length).u32(24, 1),
  );
  const reason = log.toString('latin1', 0, log.indexOf(0)).trim().split('\n').at(-1) ?? '';
  throw new EbpfError(
    'PP_EBPF_PROGRAM_REFUSED',
    `the kernel refused the types of the BPF object: ${formatErrno(fd)}${reason === '' ? '' : `: ${reason}`}`,
    { isRetriable: fd === -ERRNO.ENOMEM },
  );
}

function makeMap(definition: MapDefinition, { maxEntries }: LoadOptions, btf: number, processors: number): BpfMap {
  const { keyType, valueType, ...spec } = definition;
  const isTyped = keyType !== 0 && valueType !== 0 && spec.type !== MAP_TYPE.PROG_ARRAY;
  return BpfMap.create(
    {
      ...spec,
      maxEntries: maxEntries?.get(spec.name) ?? spec.maxEntries,
      ...(isTyped ? { btf: { fd: btf, keyType, valueType } } : {}),
    },
    processors,
  );
}

function makeDataMap(data: DataDefinition, object: BpfObject, options: LoadOptions, processors: number): BpfMap {
  const content = withVariables(data, object, options.variables ?? new Map());
  const spec = {
    name: data.name,
    type: MAP_TYPE.ARRAY,
    keySize: 4,
    valueSize: content.length,
    maxEntries: 1,
    flags: data.isReadOnly ? READ_ONLY_FOR_PROGRAMS : 0,
  };
  const map = BpfMap.create(spec, processors);
  try {
    map.update(Buffer.alloc(4), content);
    if (data.isReadOnly) map.freeze();
    return map;
  } catch (error) {
    map.close();
    throw error;
  }
}

function withVariables(data: DataDefinition, { btf }: BpfObject, values: ReadonlyMap<string, Buffer>): Buffer {
  const content = Buffer.from(data.content);
  for (const { type, offset, size } of btf.find('section', data.name)?.type.variables ?? []) {
    const value = values.get(btf.type(type).name);
    if (value === undefined) continue;
    if (value.length !== size) throw new RangeError(`the variable ${btf.type(type).name} has ${size} bytes`);
    value.copy(content, offset);
  }
  return content;
}

function loadProgram(
  program: ProgramDefinition,
  { license }: BpfObject,
  maps: ReadonlyMap<string, BpfMap>,
  btf: number,
): BpfProgram {
  const kind = KINDS.filter(([section]) => program.section === section || program.section.startsWith(`${section}/`)).at(
    -1,
  );
  if (kind === undefined) {
    throw new EbpfError('PP_EBPF_OBJECT_INVALID', `no program is of a section ${program.section}`, {
      isRetriable: false,
    });
  }
  const [, type, attachType] = kind;
  const { name, functionInfo, lineInfo } = program;
  const instructions = withMaps(program.instructions, program.references, maps);
  return BpfProgram.load({ name, type, attachType, instructions, license, btf: { fd: btf, functionInfo, lineInfo } });
}

/** `BPF_PSEUDO_MAP_FD` and `BPF_PSEUDO_MAP_VALUE`, in the source register of a load of 64 bits. */
const PSEUDO_MAP_FD = 1;
const PSEUDO_MAP_VALUE = 2;

/** A copy of the instructions with the descriptors of maps in place of their names. */
export function withMaps(
  instructions: Buffer,
  references: readonly MapReference[],
  maps: ReadonlyMap<string, { readonly fd: number }>,
): Buffer {
  const bytes = Buffer.from(instructions);
  for (const { instruction, map, valueOffset } of references) {
    const at = instruction * 8;
    const fd = maps.get(map)?.fd ?? missing(`map ${map}`);
    const pseudo = valueOffset === undefined ? PSEUDO_MAP_FD : PSEUDO_MAP_VALUE;
    bytes.writeUInt8((bytes.readUInt8(at + 1) & 0xf) | (pseudo << 4), at + 1);
    bytes.writeInt32LE(fd, at + 4);
    bytes.writeInt32LE(valueOffset ?? 0, at + 12);
  }
  return bytes;
}

function missing(what: string): never {
  throw new EbpfError('PP_EBPF_OBJECT_INVALID', `the BPF object has no ${what}`, { isRetriable: false });
}
