/** What users may set for the eBPF backend. */
import { EbpfError } from './ebpf-error';

export interface EbpfOptions {
  /** Where the BPF file system is, or is to be mounted. */
  readonly bpfFileSystem: string;
  /** Answers to clients outside go straight to them from the node of the endpoint. */
  readonly isDirectServerReturn: boolean;
  /** Flows that each processor tells of, at the most; 0: none. */
  readonly eventsPerSecond: number;
  /** Connections and translations that are remembered, at the most. */
  readonly conntrackEntries: number;
  /** Processes of the host that connect to a service are connected to an endpoint at once, and their packets need not be translated. */
  readonly balancesAtConnect: boolean;
  /**
   * Packets of clients outside for endpoints of other nodes go there in VXLAN to this UDP port, so that endpoints see the clients'
   * addresses; the same on every node. 0: they bear the node's address instead.
   */
  readonly tunnelPort: number;
  /** Bytes of the largest packet that goes between nodes, its wrapping included. */
  readonly tunnelMtu: number;
  /** The dataplane is opened although it does not do yet all that its limits promise. */
  readonly isUnfinished: boolean;
}

const DEFAULTS: EbpfOptions = {
  bpfFileSystem: '/sys/fs/bpf',
  isDirectServerReturn: true,
  eventsPerSecond: 0,
  conntrackEntries: 512 * 1024,
  balancesAtConnect: true,
  tunnelPort: 4789,
  tunnelMtu: 1500,
  isUnfinished: false,
};

/** The fewest entries with which a node is of use, and the most that the kernel is asked for. */
const FEWEST_ENTRIES = 1024;
const MOST_ENTRIES = 1 << 24;

/** @throws EbpfError PP_EBPF_OPTION_INVALID */
export function checkOptions(options: Partial<EbpfOptions>): EbpfOptions {
  const unknown = Object.keys(options).find((name) => !(name in DEFAULTS));
  if (unknown !== undefined) throw invalid(unknown, `one of ${Object.keys(DEFAULTS).join(', ')}`);
  const all = { ...DEFAULTS, ...options };
  if (typeof all.bpfFileSystem !== 'string' || !all.bpfFileSystem.startsWith('/')) {
    throw invalid('bpfFileSystem', 'an absolute path');
  }
  for (const name of ['isDirectServerReturn', 'balancesAtConnect', 'isUnfinished'] as const) {
    if (typeof all[name] !== 'boolean') throw invalid(name, 'true or false');
  }
  assertWhole(all, 'eventsPerSecond', 0, 1_000_000);
  assertWhole(all, 'tunnelPort', 0, 65_535);
  assertWhole(all, 'tunnelMtu', 576, 65_535);
  assertWhole(all, 'conntrackEntries', FEWEST_ENTRIES, MOST_ENTRIES);
  return all;
}

function assertWhole(
  options: EbpfOptions,
  name: 'eventsPerSecond' | 'conntrackEntries' | 'tunnelPort' | 'tunnelMtu',
  least: number,
  most: number,
): void {
  const value = options[name];
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(name, `a whole number, ${least}-${most}`);
}

function invalid(name: string, wanted: string): EbpfError {
  return new EbpfError('PP_EBPF_OPTION_INVALID', `${name} must be ${wanted}`, { isRetriable: false, option: name });
}
