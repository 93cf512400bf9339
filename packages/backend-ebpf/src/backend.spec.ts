import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { Container } from 'inversify';
import { DataplaneBackend, SILENT_LOGGER } from '@polyplane/core/backend';
import { EbpfBackend, EbpfError, ebpfModule } from './index';

const NODE = { nodeName: 'node-1', logger: SILENT_LOGGER };

describe('EbpfBackend', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'polyplane-ebpf-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const giveAll = (): void => {
    write('proc/filesystems', 'nodev\tsysfs\nnodev\tbpf\n\text4\n');
    write('proc/sys/net/core/bpf_jit_enable', '1\n');
    write('sys/kernel/btf/vmlinux', 'BTF');
  };

  it('finds what an x86-64 kernel with BPF and BTF offers', async () => {
    giveAll();
    const { facts, missing } = await new EbpfBackend({}, { root, architecture: 'x64' }).probe(NODE);
    expect(facts).to.deep.equal({ architecture: 'x64', hasBpf: true, hasBtf: true, isJitEnabled: true });
    expect(missing.map(({ what }) => what)).to.deep.equal([
      'this version of the backend holds no eBPF programs that do all that its limits promise',
    ]);
  });

  it('names each thing that a host lacks', async () => {
    const { missing } = await new EbpfBackend({}, { root, architecture: 'arm64' }).probe(NODE);
    expect(missing.map(({ what }) => what).slice(0, 4)).to.deep.equal([
      'the processor is arm64, not x86-64',
      'the kernel has no bpf system call',
      '/sys/kernel/btf/vmlinux cannot be read',
      'BPF programs are not compiled',
    ]);
  });

  it('takes no other file system for bpf', async () => {
    giveAll();
    write('proc/filesystems', 'nodev\tbpfish\nbpf ext4\n');
    const { facts } = await new EbpfBackend({}, { root, architecture: 'x64' }).probe(NODE);
    expect(facts.hasBpf).to.equal(false);
  });

  it('asks this host without failing', async () => {
    const { facts } = await new EbpfBackend().probe(NODE);
    expect(facts.architecture).to.equal(process.arch);
  });

  it('rejects to open, not retriable, and says what is missing', async () => {
    giveAll();
    const error: unknown = await new EbpfBackend({}, { root, architecture: 'x64' })
      .open(NODE)
      .catch((reason) => reason);
    expect(error).to.be.instanceOf(EbpfError);
    expect(error).to.include({ code: 'PP_EBPF_UNUSABLE', isRetriable: false });
    expect(error).to.have.property('message').that.contains('holds no eBPF programs');
  });

  it('is bound by its module under the name ebpf', async () => {
    const container = new Container();
    await container.load(ebpfModule);
    expect(container.get(DataplaneBackend).name).to.equal('ebpf');
  });
});
