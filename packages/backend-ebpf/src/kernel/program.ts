/** BPF programs: loaded, tried out, pinned (kernel documentation, bpf/). */
import { closeSync } from 'node:fs';
import { EbpfError } from '../ebpf-error';
import { BpfAttributes, bpf, ERRNO, formatErrno } from './bpf-call';
import { pinObject } from './pin';

/** `BPF_PROG_TYPE_*`. */
export const PROGRAM_TYPE = { SCHED_CLS: 3, CGROUP_SOCK_ADDR: 18 } as const;

/** `BPF_*` attach types. */
export const ATTACH_TYPE = {
  CGROUP_INET4_CONNECT: 10,
  CGROUP_INET6_CONNECT: 11,
  CGROUP_UDP4_SENDMSG: 14,
  CGROUP_UDP6_SENDMSG: 15,
  CGROUP_UDP4_RECVMSG: 19,
  CGROUP_UDP6_RECVMSG: 20,
  CGROUP_INET4_GETPEERNAME: 29,
  CGROUP_INET6_GETPEERNAME: 30,
  TCX_INGRESS: 46,
  TCX_EGRESS: 47,
} as const;

/** How a program is loaded. */
export interface ProgramSpec {
  readonly name: string;
  /** {@link PROGRAM_TYPE}. */
  readonly type: number;
  /** {@link ATTACH_TYPE}; 0 where the type of program asks for none. Those that tail-call each other must have the same. */
  readonly attachType: number;
  /** Eight bytes an instruction, with the descriptors of maps in place. */
  readonly instructions: Buffer;
  readonly license: string;
  /** The kernel's BTF object and which function and line each instruction belongs to. Absent: none is told. */
  readonly btf?: { readonly fd: number; readonly functionInfo: Buffer; readonly lineInfo: Buffer };
}

/** A packet that a program was tried out on. */
export interface TestRun {
  /** What the program returned: a verdict. */
  readonly result: number;
  /** The packet as the program left it. */
  readonly packet: Buffer;
  /** `struct __sk_buff` as the program left it, where one was handed in. */
  readonly context: Buffer;
  /** Nanoseconds of one run, the mean of all. */
  readonly nanoseconds: number;
}

const BYTES_OF_FUNCTION_INFO = 8;
const BYTES_OF_LINE_INFO = 16;
const INSTRUCTION_BYTES = 8;
/** Room for a packet that a program makes larger. */
const PACKET_ROOM = 512;
/** How often a load that a signal ended is begun anew. */
const MOST_ATTEMPTS = 20;
/** What is asked of the verifier when it refused: the log's first level. */
const LOG_LEVEL = 1;
const LOG_BYTES = 16 << 20;
/** How many lines of the log's end an error quotes: the last ones say why. */
const QUOTED_LINES = 12;

/** A program that this process holds open. */
export class BpfProgram {
  private isOpen = true;

  private constructor(
    readonly fd: number,
    readonly name: string,
  ) {}

  /** @throws EbpfError PP_EBPF_PROGRAM_REFUSED, with the end of the verifier's log */
  static load(spec: ProgramSpec): BpfProgram {
    const fd = loadUninterrupted(spec);
    if (fd >= 0) return new BpfProgram(fd, spec.name);
    throw refusal(spec, fd, fd === -ERRNO.EPERM ? '' : readLog(spec));
  }

  /**
   * Runs the program on a packet that nobody sends (BPF_PROG_TEST_RUN). Of IPv4 it takes packets from 34 bytes on, of IPv6 from 54,
   * and up to about 3,700 bytes.
   * @throws EbpfError PP_EBPF_PROGRAM_REFUSED when the kernel does not run it so
   */
  testRun(packet: Buffer, options: { readonly context?: Buffer; readonly repeat?: number } = {}): TestRun {
    const { context = Buffer.alloc(0), repeat = 1 } = options;
    const output = Buffer.alloc(packet.length + PACKET_ROOM);
    const contextOutput = Buffer.alloc(context.length);
    const attributes = new BpfAttributes()
      .u32(0, this.fd)
      .u32(8, packet.length)
      .u32(12, output.length)
      .pointer(16, packet)
      .pointer(24, output)
      .u32(32, repeat);
    if (context.length > 0) {
      attributes.u32(40, context.length).u32(44, context.length).pointer(48, context).pointer(56, contextOutput);
    }
    const result = bpf('PROG_TEST_RUN', attributes);
    if (result < 0) {
      const message = `the BPF program ${this.name} could not be tried out: ${formatErrno(result)}`;
      throw new EbpfError('PP_EBPF_PROGRAM_REFUSED', message, { isRetriable: false });
    }
    const { bytes } = attributes;
    return {
      result: bytes.readUInt32LE(4),
      packet: output.subarray(0, bytes.readUInt32LE(12)),
      context: contextOutput,
      nanoseconds: bytes.readUInt32LE(36),
    };
  }

  /** @throws EbpfError PP_EBPF_PIN_FAILED */
  pin(path: string): void {
    pinObject(this.fd, path);
  }

  /** A program that is attached, pinned or in a map of programs stays loaded. */
  close(): void {
    if (this.isOpen) closeSync(this.fd);
    this.isOpen = false;
  }
}

/** A signal that comes to this process ends the verifier's work with EAGAIN, and says nothing of the program. */
function loadUninterrupted(spec: ProgramSpec): number {
  let fd = tryLoad(spec);
  for (let attempt = 1; fd === -ERRNO.EAGAIN && attempt < MOST_ATTEMPTS; attempt += 1) fd = tryLoad(spec);
  return fd;
}

function tryLoad(spec: ProgramSpec, log?: Buffer): number {
  const { name, type, attachType, instructions, license, btf } = spec;
  const attributes = new BpfAttributes()
    .u32(0, type)
    .u32(4, instructions.length / INSTRUCTION_BYTES)
    .pointer(8, instructions)
    .pointer(16, Buffer.from(`${license}\0`, 'latin1'))
    .name(48, name)
    .u32(68, attachType);
  if (log !== undefined) attributes.u32(24, LOG_LEVEL).u32(28, log.length).pointer(32, log);
  if (btf !== undefined && btf.functionInfo.length > 0) {
    attributes
      .u32(72, btf.fd)
      .u32(76, BYTES_OF_FUNCTION_INFO)
      .pointer(80, btf.functionInfo)
      .u32(88, btf.functionInfo.length / BYTES_OF_FUNCTION_INFO)
      .u32(92, BYTES_OF_LINE_INFO)
      .pointer(96, btf.lineInfo)
      .u32(104, btf.lineInfo.length / BYTES_OF_LINE_INFO);
  }
  return bpf('PROG_LOAD', attributes);
}

/** The log is asked for only once a program was refused: writing it makes loading slow. */
function readLog(spec: ProgramSpec): string {
  const log = Buffer.alloc(LOG_BYTES);
  const fd = tryLoad(spec, log);
  if (fd >= 0) closeSync(fd);
  return log.toString('latin1', 0, log.indexOf(0));
}

function refusal({ name, instructions }: ProgramSpec, result: number, log: string): EbpfError {
  const lines = log.trimEnd().split('\n').slice(-QUOTED_LINES);
  const count = instructions.length / INSTRUCTION_BYTES;
  const message = `the BPF program ${name} (${count} instructions) was refused: ${formatErrno(result)}`;
  return new EbpfError('PP_EBPF_PROGRAM_REFUSED', lines[0] === '' ? message : `${message}\n${lines.join('\n')}`, {
    isRetriable: result === -ERRNO.EAGAIN || result === -ERRNO.ENOMEM,
  });
}
