/** What a host lacks that the dataplane needs, and what to do about it. */
import type { MissingFact } from '@polyplane/core/backend';
import type { EbpfHostFacts } from './host-facts';
import type { FeatureAnswers, KernelFeature } from './kernel-feature';
import { KERNEL_FEATURES } from './kernel-features';

/** Of the host's files and settings. */
export function missingOfHost({ architecture, hasBpf, hasBtf, isJitEnabled }: EbpfHostFacts): readonly MissingFact[] {
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

/** Features of the kernel that the dataplane cannot do without, asked by trying. An answer that says nothing is no reason to refuse. */
export function missingOfKernel(answers: FeatureAnswers): readonly MissingFact[] {
  const needed: readonly KernelFeature[] = Object.values(KERNEL_FEATURES);
  // Programs are attached by links alone.
  const features = needed.filter((feature) => feature.isRequired || feature === KERNEL_FEATURES.tcx);
  return features
    .filter((feature) => answers.answerOf(feature).support === 'no')
    .map(({ what, since }) => ({
      what: `the kernel lacks ${what}`,
      remedy: `Boot Linux ${since} or newer, and run as root (CAP_BPF, CAP_NET_ADMIN).`,
    }));
}
