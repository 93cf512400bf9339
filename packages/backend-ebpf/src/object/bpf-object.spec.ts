import { expect } from 'chai';
import fc from 'fast-check';
import { structLayoutOf } from '../btf/struct-layout';
import { EbpfError } from '../ebpf-error';
import { sampleObject } from '../testing/sample-object';
import { parseBpfObject } from './bpf-object';

describe('a BPF object, parsed', () => {
  const object = parseBpfObject(sampleObject());

  it('has its maps, with types, sizes and flags', () => {
    const maps = object.maps.map(({ name, type, keySize, valueSize, maxEntries, flags }) => ({
      name,
      numbers: [type, keySize, valueSize, maxEntries, flags],
    }));
    expect(maps).to.have.deep.members([
      { name: 'sample_things', numbers: [1, 8, 32, 1000, 1] },
      { name: 'sample_counts', numbers: [6, 4, 8, 4, 0] },
      { name: 'sample_jumps', numbers: [3, 4, 4, 4, 0] },
      { name: 'sample_events', numbers: [27, 0, 0, 4096, 0] },
    ]);
  });

  it('tells its licence, its variables and which of them are constant', () => {
    expect(object.license).to.equal('Dual MIT/GPL');
    expect(
      object.data.map(({ name, isReadOnly, content }) => [name, isReadOnly, content.toString('hex')]),
    ).to.deep.equal([
      ['.rodata', true, '07000000'],
      ['.bss', false, '0000000000000000'],
    ]);
  });

  it('has every program of a section, and no function that programs only call', () => {
    expect(object.programs.map(({ name, section }) => `${section} ${name}`)).to.deep.equal([
      'tc/sample sample_length',
      'tc/sample sample_jump',
      'tc/sample sample_event',
    ]);
  });

  it('names what a program refers to: maps, and places in the values of data sections', () => {
    const [length, jump] = object.programs;
    expect(length?.references.map(({ map, valueOffset }) => [map, valueOffset])).to.deep.equal([
      ['sample_counts', undefined],
      ['.bss', 0],
      ['.rodata', 0],
    ]);
    expect(jump?.references.map(({ map }) => map)).to.deep.equal(['sample_jumps', 'sample_things']);
  });

  it('carries one record of function and a line for the first instruction of each function of a program', () => {
    const [length] = object.programs;
    const starts = wordsOf(length?.functionInfo, 2);
    expect(starts).to.have.length(3);
    expect(wordsOf(length?.lineInfo, 4)).to.include.members(starts);
  });

  it('lays structures out as the compiler did, nested ones by their path', () => {
    expect(structLayoutOf(object.btf, 'sample_value')).to.deep.equal({
      size: 32,
      fields: [
        { name: 'count', offset: 0, size: 8 },
        { name: 'inner.number', offset: 8, size: 4 },
        { name: 'inner.low', offset: 12, size: 2 },
        { name: 'inner.high', offset: 14, size: 2 },
        { name: 'address', offset: 16, size: 16 },
      ],
    });
    expect(() => structLayoutOf(object.btf, 'nothing')).to.throw(EbpfError, 'no struct nothing');
  });

  it('is refused with a typed error, and nothing else, when bytes of it are changed or cut off', () => {
    const bytes = sampleObject();
    const change = fc.record({ at: fc.nat(bytes.length - 1), value: fc.nat(255) });
    const property = fc.property(fc.array(change, { maxLength: 4 }), fc.nat(bytes.length), (changes, length) => {
      const mutant = Buffer.from(bytes.subarray(0, changes.length === 0 ? length : bytes.length));
      for (const { at, value } of changes) mutant[at] = value;
      try {
        parseBpfObject(mutant);
      } catch (error) {
        expect(error).to.be.instanceOf(EbpfError);
        expect(error).to.have.property('code', 'PP_EBPF_OBJECT_INVALID');
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

/** The first word of each record. */
function wordsOf(records: Buffer | undefined, wordsPerRecord: number): readonly number[] {
  const bytes = records ?? Buffer.alloc(0);
  return Array.from({ length: bytes.length / 4 / wordsPerRecord }, (_, index) =>
    bytes.readUInt32LE(index * wordsPerRecord * 4),
  );
}
