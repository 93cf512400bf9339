import { closeSync } from 'node:fs';
import { expect } from 'chai';
import koffi from 'koffi';
import { applyIpBatch } from '../ip-batch';
import { LinuxError } from '../linux-error';
import { NetworkNamespace } from '../network-namespace';
import { describeOnKernel } from '../testing/on-kernel';
import { readLinks } from './read-network';
import { addClsact, putBpfFilter, readBpfFilters, removeBpfFilter, removeClsact } from './traffic-control';

describeOnKernel('filters on an interface without TCX', () => {
  let namespace: NetworkNamespace;
  let linkIndex: number;
  const programs: number[] = [];

  beforeEach(() => {
    namespace = NetworkNamespace.create();
    applyIpBatch(namespace, ['link add name one type veth peer name other']);
    linkIndex = readLinks(namespace).find(({ name }) => name === 'one')?.index ?? 0;
  });
  afterEach(() => {
    for (const fd of programs.splice(0)) closeSync(fd);
    namespace.close();
  });

  const program = (): number => {
    const fd = loadPassingProgram();
    programs.push(fd);
    return fd;
  };
  const place = (direction: 'ingress' | 'egress') => ({ linkIndex, direction, priority: 5, handle: 1 });

  it('are put, read back, replaced in their place, and taken away', () => {
    expect(addClsact(namespace, linkIndex)).to.equal(true);
    putBpfFilter(namespace, place('ingress'), { fd: program(), name: 'first' });
    putBpfFilter(namespace, place('egress'), { fd: program(), name: 'out' });
    const [first] = readBpfFilters(namespace, linkIndex, 'ingress');
    expect(first).to.include({ ...place('ingress'), name: 'first' });
    putBpfFilter(namespace, place('ingress'), { fd: program(), name: 'second' });
    const [second, ...others] = readBpfFilters(namespace, linkIndex, 'ingress');
    expect(second).to.include({ ...place('ingress'), name: 'second' });
    expect(second?.programId).not.to.equal(first?.programId);
    expect(others).to.deep.equal([]);
    expect(removeBpfFilter(namespace, place('ingress'))).to.equal(true);
    expect(readBpfFilters(namespace, linkIndex, 'ingress')).to.deep.equal([]);
    expect(readBpfFilters(namespace, linkIndex, 'egress').map(({ name }) => name)).to.deep.equal(['out']);
  });

  it('stand side by side under other priorities and handles', () => {
    addClsact(namespace, linkIndex);
    const places = [
      { ...place('ingress'), priority: 7 },
      { ...place('ingress'), priority: 5 },
      { ...place('ingress'), priority: 5, handle: 2 },
    ];
    for (const each of places) putBpfFilter(namespace, each, { fd: program(), name: 'any' });
    const found = readBpfFilters(namespace, linkIndex, 'ingress').map(({ priority, handle }) => [priority, handle]);
    expect(found).to.have.deep.members([
      [5, 1],
      [5, 2],
      [7, 1],
    ]);
  });

  it('tell what was there already, and what was not', () => {
    expect(removeClsact(namespace, linkIndex)).to.equal(false);
    expect(readBpfFilters(namespace, linkIndex, 'ingress')).to.deep.equal([]);
    expect([addClsact(namespace, linkIndex), addClsact(namespace, linkIndex)]).to.deep.equal([true, false]);
    expect(removeBpfFilter(namespace, place('ingress'))).to.equal(false);
    expect(removeClsact(namespace, linkIndex)).to.equal(true);
  });

  it('are refused by name where there is no clsact, no interface, or no program', () => {
    const fd = program();
    const put = (index: number, descriptor: number) => () =>
      putBpfFilter(namespace, { ...place('ingress'), linkIndex: index }, { fd: descriptor, name: 'mine' });
    expect(put(linkIndex, fd)).to.throw(LinuxError, `filter mine on interface ${linkIndex}`);
    expect(put(99, fd)).to.throw(LinuxError, 'ENODEV');
    addClsact(namespace, linkIndex);
    expect(put(linkIndex, 999)).to.throw(LinuxError, 'filter mine');
  });
});

/** A program of type sched_cls that lets everything through, through bpf(2). */
function loadPassingProgram(): number {
  const call = koffi
    .load(null)
    .func('int64_t syscall(int64_t number, int64_t command, void *attributes, uint64_t size)');
  const instructions = Buffer.from('b700000000000000' + '9500000000000000', 'hex');
  const license = Buffer.from('GPL\0');
  const attributes = Buffer.alloc(128);
  attributes.writeUInt32LE(3, 0);
  attributes.writeUInt32LE(instructions.length / 8, 4);
  attributes.writeBigUInt64LE(koffi.address(instructions), 8);
  attributes.writeBigUInt64LE(koffi.address(license), 16);
  const fd = Number(call(process.arch === 'arm64' ? 280 : 321, 5, attributes, attributes.length));
  if (fd < 0) throw new Error(`bpf(BPF_PROG_LOAD): error number ${koffi.errno()}`);
  return fd;
}
