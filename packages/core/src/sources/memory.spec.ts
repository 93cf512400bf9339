import { expect } from 'chai';
import { parseResource } from '../resources/parse';
import { keyOfResource, type Resource } from '../resources/resource';
import { MemorySource } from './memory';
import type { SourceBatch } from './source';

const namespace = (name: string): Resource =>
  parseResource({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

describe('MemorySource', () => {
  const told = (source: MemorySource): SourceBatch[] => {
    const batches: SourceBatch[] = [];
    source.batches$.subscribe((batch) => batches.push(batch));
    return batches;
  };

  it('tells a subscriber what is there, and each change as one batch', () => {
    const source = new MemorySource();
    const [a, b] = [namespace('a'), namespace('b')];
    source.put(a);
    const batches = told(source);
    source.put(b, a);
    source.remove(keyOfResource(a), keyOfResource(namespace('unknown')));
    expect(batches.map(({ changes }) => changes)).to.deep.equal([
      [{ op: 'put', resource: a }],
      [
        { op: 'put', resource: b },
        { op: 'put', resource: a },
      ],
      [{ op: 'remove', key: keyOfResource(a) }],
    ]);
  });

  it('replaces everything by telling what differs', () => {
    const source = new MemorySource();
    const [a, b, c] = [namespace('a'), namespace('b'), namespace('c')];
    source.put(a, b);
    const batches = told(source);
    source.replaceAll([b, c]);
    source.replaceAll([b, c]);
    expect(batches.slice(1).map(({ changes }) => changes)).to.deep.equal([
      [
        { op: 'remove', key: keyOfResource(a) },
        { op: 'put', resource: c },
      ],
    ]);
  });

  it('is in sync when it is told so, and stays so', () => {
    const source = new MemorySource();
    const batches = told(source);
    source.markInSync();
    source.markInSync();
    source.put(namespace('a'));
    expect(batches.map(({ isInSync }) => isInSync)).to.deep.equal([false, true, true]);
    expect(told(source)[0]?.isInSync).to.equal(true);
  });

  it('tells nothing to who has left', () => {
    const source = new MemorySource();
    const batches: SourceBatch[] = [];
    source.batches$.subscribe((batch) => batches.push(batch)).unsubscribe();
    source.put(namespace('a'));
    expect(batches).to.have.length(1);
  });
});
