import { expect } from 'chai';
import { keyOfResource, MemorySource, parseResource, type Resource } from '@polyplane/core';
import { withTriggerTimes } from './trigger-times';

const NOON = Date.UTC(2026, 10, 30, 12);

function slice(name: string, trigger?: string): Resource {
  return parseResource({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      namespace: 'shop',
      annotations: trigger === undefined ? {} : { 'endpoints.kubernetes.io/last-change-trigger-time': trigger },
    },
    addressType: 'IPv4',
    endpoints: [],
    ports: [],
  });
}

describe('the times at which endpoints changed', () => {
  function follow() {
    const memory = new MemorySource();
    const told: (readonly number[])[] = [];
    const seen: number[] = [];
    withTriggerTimes(memory, NOON, (times) => {
      expect(seen.length).to.be.greaterThan(told.length);
      told.push(times.map((time) => time - NOON));
    }).batches$.subscribe(({ changes }) => seen.push(changes.length));
    return { memory, told, seen };
  }

  it('are told of each change once, after the batch was taken', () => {
    const { memory, told, seen } = follow();
    memory.put(slice('a', '2026-11-30T12:00:01Z'), slice('b', '2026-11-30T12:00:02.5Z'), slice('c'));
    memory.put(slice('a', '2026-11-30T12:00:01Z'));
    memory.put(slice('a', '2026-11-30T12:00:07Z'));
    expect(told).to.deep.equal([[1000, 2500], [7000]]);
    expect(seen).to.deep.equal([0, 3, 1, 1]);
  });

  it('are not told from before, nor where there is none that can be read', () => {
    const { memory, told } = follow();
    memory.put(slice('a', '2026-11-30T11:59:59Z'), slice('b', 'soon'));
    expect(told).to.deep.equal([]);
  });

  it('are told again of what was deleted and came back', () => {
    const { memory, told } = follow();
    const a = slice('a', '2026-11-30T12:00:01Z');
    memory.put(a);
    memory.remove(keyOfResource(a));
    memory.put(a);
    expect(told).to.deep.equal([[1000], [1000]]);
  });
});
