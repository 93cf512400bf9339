import { expect } from 'chai';
import fc from 'fast-check';
import { EbpfError } from '../ebpf-error';
import { describeOnKernel } from '../testing/on-kernel';
import { BpfMap, MAP_TYPE, type MapSpec, NO_PREALLOC } from './map';
import { deleteEntries, readEntries, writeEntries } from './map-batch';
import { readPossibleProcessors } from './processors';

const HASH: MapSpec = {
  name: 'things',
  type: MAP_TYPE.HASH,
  keySize: 4,
  valueSize: 8,
  maxEntries: 10_000,
  flags: NO_PREALLOC,
};

describeOnKernel('a BPF map', () => {
  const opened: BpfMap[] = [];

  afterEach(() => {
    for (const map of opened.splice(0)) map.close();
  });

  function make(spec: Partial<MapSpec> = {}): BpfMap {
    const map = BpfMap.create({ ...HASH, ...spec }, readPossibleProcessors());
    opened.push(map);
    return map;
  }

  it('gives back what was put into it, and nothing for a key that it has not', () => {
    const map = make();
    expect(map.lookup(key(1))).to.equal(undefined);
    map.update(key(1), value(10));
    expect(map.lookup(key(1))).to.deep.equal(value(10));
    expect(map.delete(key(1))).to.equal(true);
    expect(map.delete(key(1))).to.equal(false);
    expect(map.nextKey()).to.equal(undefined);
  });

  it('adds only, or replaces only, where asked to', () => {
    const map = make();
    expect(() => map.update(key(1), value(1), 'replace')).to.throw(EbpfError, 'ENOENT');
    map.update(key(1), value(1), 'add');
    expect(() => map.update(key(1), value(2), 'add')).to.throw(EbpfError, 'EEXIST');
    map.update(key(1), value(2), 'replace');
    expect(map.lookup(key(1))).to.deep.equal(value(2));
  });

  it('has a code of its own for being full, one by one and in batches', () => {
    const map = make({ maxEntries: 10 });
    const entries = Array.from({ length: 11 }, (_, index) => ({ key: key(index), value: value(index) }));
    expect(() => writeEntries(map, entries))
      .to.throw(EbpfError)
      .with.property('code', 'PP_EBPF_MAP_FULL');
    expect(() => map.update(key(99), value(1))).to.throw(EbpfError, 'it holds 10 entries');
    expect([...readEntries(map)]).to.have.length(10);
  });

  it('takes no key and no value of another size', () => {
    expect(() => make().update(Buffer.alloc(5), value(1))).to.throw(RangeError, '4 bytes, not 5');
    expect(() => make().update(key(1), Buffer.alloc(9))).to.throw(RangeError, '8 bytes, not 9');
  });

  it('refuses what the kernel refuses, with its name and the error', () => {
    expect(() => make({ keySize: 0 }))
      .to.throw(EbpfError, 'the BPF map things could not be made: EINVAL')
      .with.property('code', 'PP_EBPF_MAP_FAILED');
  });

  for (const [name, spec] of [
    ['a hash', {}],
    ['a prefix tree, whose deletions some kernels take one by one only', { type: MAP_TYPE.LPM_TRIE, keySize: 8 }],
  ] as const) {
    it(`is after any writes and deletions in batches what a plain map would be: ${name}`, () => {
      const change = fc.tuple(fc.boolean(), fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 40 }));
      const property = fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        const map = make(spec);
        const wanted = new Map<number, number>();
        changes.forEach(([isWrite, numbers], round) => {
          if (isWrite) {
            writeEntries(
              map,
              numbers.map((number) => ({ key: keyOf(spec, number), value: value(round) })),
            );
            for (const number of numbers) wanted.set(number, round);
          } else {
            deleteEntries(
              map,
              numbers.map((number) => keyOf(spec, number)),
            );
            for (const number of numbers) wanted.delete(number);
          }
        });
        const found = [...readEntries(map)].map(
          (entry) => [numberIn(entry.key), Number(entry.value.readBigUInt64LE())] as const,
        );
        map.close();
        expect(found).to.have.deep.members([...wanted]);
      });
      fc.assert(property, { numRuns: 60 });
    });
  }

  it('is read whole where it is larger than a batch', () => {
    const map = make({ maxEntries: 20_000 });
    const numbers = Array.from({ length: 15_000 }, (_, index) => index);
    writeEntries(
      map,
      numbers.map((number) => ({ key: key(number), value: value(number) })),
    );
    const read = [...readEntries(map)].map((entry) => entry.key.readUInt32LE());
    expect(read.sort((a, b) => a - b)).to.deep.equal(numbers);
    deleteEntries(map, numbers.map(key));
    expect([...readEntries(map)]).to.deep.equal([]);
  });

  it('holds a value for each processor where its type says so', () => {
    const map = make({ type: MAP_TYPE.PERCPU_ARRAY, maxEntries: 2, flags: 0, valueSize: 4 });
    expect(map.lookup(key(1))).to.have.length(8 * readPossibleProcessors());
  });
});

function key(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes;
}

/** A key of a prefix tree begins with the length of its prefix. */
function keyOf({ type }: Partial<MapSpec>, number: number): Buffer {
  return type === MAP_TYPE.LPM_TRIE ? Buffer.concat([key(32), key(number)]) : key(number);
}

function numberIn(bytes: Buffer): number {
  return bytes.readUInt32LE(bytes.length - 4);
}

function value(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(number));
  return bytes;
}
