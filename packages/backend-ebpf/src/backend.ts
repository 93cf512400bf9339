/** The eBPF backend: its limits, its behaviours, and what it finds on a host. */
import type { DataplaneBackend, DataplaneSession, MissingFact, NodeContext, NodeFacts } from '@polyplane/core/backend';
import { EBPF_BEHAVIOURS } from './behaviours';
import { EBPF_CODES, EbpfError } from './ebpf-error';
import { type EbpfHostFacts, type HostPaths, readHostFacts } from './kernel/host-facts';
import { EBPF_LIMITS } from './limits';

/** Can be checked against and probed; {@link open} always rejects, since this version holds no eBPF programs. */
export class EbpfBackend implements DataplaneBackend {
  readonly name = 'ebpf';
  readonly limits = EBPF_LIMITS;
  readonly behaviours = EBPF_BEHAVIOURS;
  readonly codes = EBPF_CODES;
  readonly claim = 'networkNamespace';
  readonly #paths: HostPaths;

  constructor(paths: HostPaths = { root: '/', architecture: process.arch }) {
    this.#paths = paths;
  }

  async probe(_node: NodeContext): Promise<NodeFacts> {
    const facts = await readHostFacts(this.#paths);
    return { backend: this.name, facts: { ...facts }, missing: [...missingOn(facts), NO_PROGRAMS] };
  }

  /** @throws EbpfError PP_EBPF_UNUSABLE, not retriable */
  async open(node: NodeContext): Promise<DataplaneSession> {
    const { missing } = await this.probe(node);
    const list = missing.map(({ what }) => what).join('; ');
    throw new EbpfError('PP_EBPF_UNUSABLE', `the eBPF dataplane cannot be opened: ${list}`, { isRetriable: false });
  }
}

const NO_PROGRAMS: MissingFact = {
  what: 'this version of the backend holds no eBPF programs',
  remedy: 'Choose the iptables backend.',
};

function missingOn({ architecture, hasBpf, hasBtf, isJitEnabled }: EbpfHostFacts): readonly MissingFact[] {
  const missing: MissingFact[] = [];
  if (architecture !== 'x64') {
    missing.push({
      what: `the processor is ${architecture}, not x86-64`,
      remedy: 'Run the node on an x86-64 machine.',
    });
  }
  if (!hasBpf)
    missing.push({ what: 'the kernel has no bpf system call', remedy: 'Boot a kernel with CONFIG_BPF_SYSCALL.' });
  if (!hasBtf) {
    missing.push({
      what: '/sys/kernel/btf/vmlinux cannot be read',
      remedy: 'Boot a kernel with CONFIG_DEBUG_INFO_BTF, and mount /sys.',
    });
  }
  if (!isJitEnabled) {
    missing.push({ what: 'BPF programs are not compiled', remedy: 'Set the sysctl net.core.bpf_jit_enable to 1.' });
  }
  return missing;
}
