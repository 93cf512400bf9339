import { mkdirSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { applyIpBatch, NetworkNamespace } from '@polyplane/linux';
import { EbpfError } from '../ebpf-error';
import { parseBpfObject } from '../object/bpf-object';
import { describeOnKernel, mountBpf, unmountBpf } from '../testing/on-kernel';
import { sampleObject } from '../testing/sample-object';
import { InterfacePrograms } from './interface-programs';
import { BpfLink } from './link';
import { type LoadedObject, loadObject } from './load-object';
import { readProgramInfo } from './object-info';

describeOnKernel('programs on interfaces', () => {
  let namespace: NetworkNamespace;
  let loaded: LoadedObject;
  let mount: string;
  let folder: string;
  let programs: InterfacePrograms;

  beforeEach(() => {
    namespace = NetworkNamespace.create();
    applyIpBatch(namespace, [
      'link add name a index 100 type veth peer name b',
      'link add name c index 101 type veth peer name d',
    ]);
    loaded = loadObject(parseBpfObject(sampleObject()));
    mount = mountBpf();
    folder = `${mount}/interfaces`;
    mkdirSync(folder);
    programs = new InterfacePrograms(namespace, folder);
  });

  afterEach(() => {
    unmountBpf(mount);
    loaded.close();
    namespace.close();
  });

  const pair = (name: string) => ({ ingress: loaded.program(name), egress: loaded.program(name) });

  function attachedProgram(pin: string): number {
    const link = BpfLink.openPinned(`${folder}/${pin}`);
    const id = link?.info.programId ?? 0;
    link?.close();
    return id;
  }

  it('are attached both ways and pinned, and known again by who comes later', () => {
    programs.attach(100, pair('sample_jump'));
    expect(readdirSync(folder).sort()).to.deep.equal(['link-100-egress', 'link-100-ingress']);
    const later = new InterfacePrograms(namespace, folder);
    expect([...later.attached]).to.deep.equal([100]);
    expect(later.isWhole(100)).to.equal(true);
    expect(later.isWhole(101)).to.equal(false);
  });

  it('are put in the place of ours that are there', () => {
    programs.attach(100, pair('sample_jump'));
    programs.attach(100, pair('sample_length'));
    expect(attachedProgram('link-100-ingress')).to.equal(readProgramInfo(loaded.program('sample_length').fd).id);
  });

  it('are attached anew where the interface has gone and its index has come back', () => {
    programs.attach(100, pair('sample_jump'));
    applyIpBatch(namespace, ['link delete dev a']);
    expect(programs.isWhole(100)).to.equal(false);
    applyIpBatch(namespace, ['link add name a index 100 type veth peer name b']);
    programs.attach(100, pair('sample_jump'));
    expect(programs.isWhole(100)).to.equal(true);
  });

  it('are taken off without a trace, also from an interface that is gone', () => {
    programs.attach(100, pair('sample_jump'));
    programs.attach(101, pair('sample_jump'));
    applyIpBatch(namespace, ['link delete dev a']);
    programs.detach(100);
    programs.detach(101);
    programs.detach(7);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('cannot be attached to an interface that is not there', () => {
    expect(() => programs.attach(7, pair('sample_jump')))
      .to.throw(EbpfError, 'ENODEV')
      .with.property('code', 'PP_EBPF_LINK_FAILED');
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
