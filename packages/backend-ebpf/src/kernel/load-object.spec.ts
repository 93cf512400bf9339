import { expect } from 'chai';
import { EbpfError } from '../ebpf-error';
import { parseBpfObject } from '../object/bpf-object';
import { describeOnKernel } from '../testing/on-kernel';
import { emptyIpv4Packet, sampleObject } from '../testing/sample-object';
import { type LoadedObject, loadObject } from './load-object';
import { RingBuffer } from './ring-buffer';

describeOnKernel('a BPF object in the kernel', () => {
  let loaded: LoadedObject;

  beforeEach(() => {
    loaded = loadObject(parseBpfObject(sampleObject()), { variables: new Map([['sample_limit', word(100)]]) });
  });

  afterEach(() => loaded.close());

  it('runs its programs with the functions they call and the variables it was given', () => {
    const { result, packet } = loaded.program('sample_length').testRun(emptyIpv4Packet(64));
    expect(result).to.equal(2 * 64 + 100 + 1);
    expect(packet).to.deep.equal(emptyIpv4Packet(64));
  });

  it('shares maps and variables with its programs', () => {
    loaded.program('sample_length').testRun(emptyIpv4Packet(64), { repeat: 10 });
    expect(sumOf(loaded.map('sample_counts').lookup(word(1)))).to.equal(640n);
    expect(loaded.map('.bss').lookup(word(0))?.readBigUInt64LE()).to.equal(640n);
    const jump = loaded.program('sample_jump');
    expect(jump.testRun(emptyIpv4Packet()).result).to.equal(9);
    loaded.map('sample_things').update(Buffer.from('0100000000000000', 'hex'), Buffer.alloc(32));
    expect(jump.testRun(emptyIpv4Packet()).result).to.equal(5);
  });

  it('goes on in a program of a map of programs, and in the next one as soon as it stands there', () => {
    const slot = word(2);
    loaded.map('sample_jumps').update(slot, word(loaded.program('sample_length').fd));
    expect(loaded.program('sample_jump').testRun(emptyIpv4Packet(60)).result).to.equal(221);
    expect(loaded.map('sample_jumps').delete(slot)).to.equal(true);
    expect(loaded.program('sample_jump').testRun(emptyIpv4Packet(60)).result).to.equal(9);
  });

  it('takes maps that are there already, and leaves them open when a program is refused', () => {
    const object = parseBpfObject(sampleObject());
    const maps = new Map([['sample_counts', loaded.map('sample_counts')]]);
    const second = loadObject(object, { maps, variables: new Map([['sample_limit', word(1)]]) });
    second.program('sample_length').testRun(emptyIpv4Packet(64));
    expect(sumOf(loaded.map('sample_counts').lookup(word(1)))).to.equal(64n);
    for (const program of second.programs.values()) program.close();

    const broken = object.programs.map((program) => ({ ...program, references: [], instructions: Buffer.alloc(8) }));
    expect(() => loadObject({ ...object, programs: broken }, { maps })).to.throw(EbpfError);
    expect(sumOf(loaded.map('sample_counts').lookup(word(1)))).to.equal(64n);
  });

  it('refuses a program that the verifier refuses, with the end of its log', () => {
    const object = parseBpfObject(sampleObject());
    // r0 = r5, which nobody set; exit.
    const instructions = Buffer.from('bf500000000000009500000000000000', 'hex');
    const [first] = object.programs;
    if (first === undefined) throw new Error('no program');
    const bad = { ...first, instructions, references: [], functionInfo: Buffer.alloc(0), lineInfo: Buffer.alloc(0) };
    expect(() => loadObject({ ...object, programs: [bad] }))
      .to.throw(EbpfError, /sample_length \(2 instructions\) was refused: EACCES\n[\s\S]*R5 !read_ok/)
      .with.property('code', 'PP_EBPF_PROGRAM_REFUSED');
  });

  it('tells events through its ring buffer, in their order, and none when it is full', () => {
    const events = RingBuffer.open(loaded.map('sample_events'));
    const event = loaded.program('sample_event');
    const lengths: number[] = [];
    const read = (): number => events.drain((record) => lengths.push(record.readUInt32LE()));
    try {
      for (const bytes of [60, 64, 100]) event.testRun(emptyIpv4Packet(bytes));
      expect(read()).to.equal(3);
      expect(lengths).to.deep.equal([60, 64, 100]);
      // A record takes 16 bytes of the 4,096, and none fills the ring to its last byte.
      for (let sent = 0; sent < 255; sent += 1) expect(event.testRun(emptyIpv4Packet()).result).to.equal(0);
      expect(event.testRun(emptyIpv4Packet()).result).to.equal(1);
      expect(read()).to.equal(255);
      expect(event.testRun(emptyIpv4Packet()).result).to.equal(0);
      expect(read()).to.equal(1);
    } finally {
      events.close();
    }
    expect(read()).to.equal(0);
  });
});

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Over all processors. */
function sumOf(values: Buffer | undefined): bigint {
  let sum = 0n;
  for (let at = 0; at < (values?.length ?? 0); at += 8) sum += values?.readBigUInt64LE(at) ?? 0n;
  return sum;
}
