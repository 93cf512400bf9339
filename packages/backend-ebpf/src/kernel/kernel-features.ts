/** The features of the kernel that the dataplane uses, each with the attempt that tells whether it is there. */
import { closeSync } from 'node:fs';
import { BpfAttributes, type BpfResult, bpf, ERRNO, formatErrno } from './bpf-call';
import type { FeatureAnswer, KernelFeature } from './kernel-feature';
import { MAP_TYPE, NO_PREALLOC } from './map';
import { ATTACH_TYPE, PROGRAM_TYPE } from './program';

/** Numbers of helpers (linux/bpf.h) that programs of the dataplane call. */
const HELPER = { fib_lookup: 69, get_netns_cookie: 122, redirect_peer: 155, check_mtu: 163 } as const;

export const KERNEL_FEATURES = {
  systemCall: {
    what: 'the system call bpf(2), for this process',
    since: '4.4',
    isRequired: true,
    ask: () => askRight(),
  },
  prefixTree: {
    what: 'maps of the type LPM trie',
    since: '4.11',
    isRequired: true,
    ask: () => askMapType(MAP_TYPE.LPM_TRIE, 8, NO_PREALLOC),
  },
  ringBuffer: {
    what: 'maps of the type ring buffer',
    since: '5.8',
    isRequired: true,
    ask: () => askMapType(MAP_TYPE.RINGBUF, 0, 0),
  },
  hashBatches: {
    what: 'reading and writing a hash map in batches',
    since: '5.6',
    isRequired: false,
    ask: () => batchAnswer(MAP_TYPE.HASH, 4),
  },
  prefixTreeBatches: {
    what: 'reading and writing an LPM trie in batches',
    since: '5.15',
    isRequired: false,
    ask: () => batchAnswer(MAP_TYPE.LPM_TRIE, 8),
  },
  classifier: {
    what: 'programs of the type sched_cls',
    since: '4.1',
    isRequired: true,
    ask: () => madeAnswer(tryProgram(PROGRAM_TYPE.SCHED_CLS, 0, RETURN_ZERO)),
  },
  tcx: {
    what: 'links to an interface (TCX)',
    since: '6.6',
    isRequired: false,
    ask: () => linkAnswer(),
  },
  socketAddresses: {
    what: 'programs of control groups at connect, sendmsg, recvmsg and getpeername',
    since: '5.8',
    isRequired: false,
    ask: () => madeAnswer(tryProgram(PROGRAM_TYPE.CGROUP_SOCK_ADDR, ATTACH_TYPE.CGROUP_INET4_GETPEERNAME, RETURN_ONE)),
  },
  routeLookup: helperFeature('fib_lookup', '4.18', true, PROGRAM_TYPE.SCHED_CLS, 0),
  mtuCheck: helperFeature('check_mtu', '5.12', true, PROGRAM_TYPE.SCHED_CLS, 0),
  redirectToPeer: helperFeature('redirect_peer', '5.10', false, PROGRAM_TYPE.SCHED_CLS, 0),
  namespaceCookie: helperFeature(
    'get_netns_cookie',
    '5.7',
    false,
    PROGRAM_TYPE.CGROUP_SOCK_ADDR,
    ATTACH_TYPE.CGROUP_INET4_CONNECT,
  ),
} as const satisfies Readonly<Record<string, KernelFeature>>;

/** A row of {@link KERNEL_FEATURES}. */
export type KernelFeatureName = keyof typeof KERNEL_FEATURES;

const YES: FeatureAnswer = { support: 'yes' };
const NO: FeatureAnswer = { support: 'no' };
/** `r0 = 0; exit` and `r0 = 1; exit`. */
const RETURN_ZERO = Buffer.from('b7000000000000009500000000000000', 'hex');
const RETURN_ONE = Buffer.from('b7000000010000009500000000000000', 'hex');
/** No interface has this index. */
const NO_INTERFACE = 0x7fff_ffff;
const LOG_BYTES = 1 << 16;

function helperFeature(
  helper: keyof typeof HELPER,
  since: string,
  isRequired: boolean,
  type: number,
  attachType: number,
): KernelFeature {
  return {
    what: `the helper bpf_${helper}`,
    since,
    isRequired,
    ask: () => askHelper(HELPER[helper], type, attachType),
  };
}

function unknown(result: BpfResult): FeatureAnswer {
  return { support: 'unknown', reason: formatErrno(result) };
}

/** Any kernel makes this map; who may not make it lacks the right. */
function askRight(): FeatureAnswer {
  const result = tryMap(MAP_TYPE.ARRAY, 4, 0);
  return result === -ERRNO.EPERM ? NO : madeAnswer(result);
}

/** The kernel refuses a type of maps that it does not know with EINVAL, as it does wrong sizes: so the sizes asked for must be right. */
export function askMapType(type: number, keySize: number, flags: number): FeatureAnswer {
  return madeAnswer(tryMap(type, keySize, flags));
}

function madeAnswer(result: BpfResult): FeatureAnswer {
  if (result >= 0) {
    closeSync(result);
    return YES;
  }
  return result === -ERRNO.EINVAL ? NO : unknown(result);
}

function tryMap(type: number, keySize: number, flags: number): BpfResult {
  const isRing = type === MAP_TYPE.RINGBUF;
  return bpf(
    'MAP_CREATE',
    new BpfAttributes()
      .u32(0, type)
      .u32(4, keySize)
      .u32(8, isRing ? 0 : 4)
      .u32(12, isRing ? 4096 : 1)
      .u32(16, flags),
  );
}

/** An empty map that can be read in batches says ENOENT: there is nothing to read. */
function batchAnswer(type: number, keySize: number): FeatureAnswer {
  const fd = tryMap(type, keySize, NO_PREALLOC);
  if (fd < 0) return madeAnswer(fd);
  try {
    const room = Buffer.alloc(16);
    const attributes = new BpfAttributes().pointer(8, Buffer.alloc(16)).pointer(16, room).pointer(24, Buffer.alloc(16));
    const result = bpf('MAP_LOOKUP_BATCH', attributes.u32(32, 1).u32(36, fd));
    if (result >= 0 || result === -ERRNO.ENOENT) return YES;
    return result === -ERRNO.ENOTSUPP || result === -ERRNO.EINVAL ? NO : unknown(result);
  } finally {
    closeSync(fd);
  }
}

function tryProgram(type: number, attachType: number, instructions: Buffer, log?: Buffer): BpfResult {
  const attributes = new BpfAttributes()
    .u32(0, type)
    .u32(4, instructions.length / 8)
    .pointer(8, instructions)
    .pointer(16, Buffer.from('GPL\0', 'latin1'))
    .u32(68, attachType);
  return bpf('PROG_LOAD', log === undefined ? attributes : attributes.u32(24, 1).u32(28, log.length).pointer(32, log));
}

/** Attaching to an interface that is not there: a kernel that knows how says ENODEV. */
function linkAnswer(): FeatureAnswer {
  const program = tryProgram(PROGRAM_TYPE.SCHED_CLS, ATTACH_TYPE.TCX_INGRESS, RETURN_ZERO);
  if (program < 0) return madeAnswer(program);
  try {
    const attributes = new BpfAttributes().u32(0, program).u32(4, NO_INTERFACE).u32(8, ATTACH_TYPE.TCX_INGRESS);
    const result = bpf('LINK_CREATE', attributes);
    if (result === -ERRNO.ENODEV) return YES;
    return result === -ERRNO.EINVAL ? NO : unknown(result);
  } finally {
    closeSync(program);
  }
}

/** A call without arguments is refused; the verifier's log tells a helper it knows from one that it does not, or not for this type. */
export function askHelper(helper: number, type: number, attachType: number): FeatureAnswer {
  const call = Buffer.alloc(8);
  call.writeUInt8(0x85, 0);
  call.writeInt32LE(helper, 4);
  const log = Buffer.alloc(LOG_BYTES);
  const result = tryProgram(type, attachType, Buffer.concat([call, RETURN_ONE]), log);
  if (result >= 0) return madeAnswer(result);
  const text = log.toString('latin1', 0, log.indexOf(0));
  if (/invalid func|unknown func|cannot use helper/.test(text)) return NO;
  return text === '' ? unknown(result) : YES;
}
