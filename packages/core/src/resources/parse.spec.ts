import { expect } from 'chai';
import fc from 'fast-check';
import { CoreError } from '../core-error';
import { parseResource, readResource } from './parse';
import { RESOURCE_KINDS } from './schema/kinds';
import { faults, objectOf, parse } from './testing/api-objects';
import { SAMPLES } from './testing/sample-objects';

/** What stands where something else should. */
const SCRAPS = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1.5,
  1e99,
  Number.NaN,
  '',
  ' ',
  '0',
  'x'.repeat(65_536),
  '10.0.0.0/33',
  '999.1.1.1',
  'fd00::/129',
  '::ffff:1.2.3.4',
  'a\n-j ACCEPT',
  '__proto__',
  'global()',
  '((((',
  '99999:1',
  [],
  [[]],
  ['x', 'x'],
  [null],
  {},
  { constructor: { prototype: 1 } },
  JSON.parse('{"__proto__":{"a":1}}'),
);

/** A copy in which one value, found by `choose` on the way down, is another. */
const spoil = (value: unknown, choose: () => number, scrap: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0 || choose() % 6 === 0)
    return scrap;
  const keys = Object.keys(value);
  const chosen = keys[choose() % keys.length] ?? '';
  const copy = Object.entries(value).map(
    ([key, item]) => [key, key === chosen ? spoil(item, choose, scrap) : item] as const,
  );
  return Array.isArray(value) ? copy.map(([, item]) => item) : Object.fromEntries(copy);
};

describe('parseResource', () => {
  it('throws an error that names the object, the field and the fault', () => {
    const pod = objectOf('Pod', { spec: { containers: [{ ports: [{ containerPort: 0 }] }] } });
    expect(() => parseResource(pod))
      .to.throw(CoreError, 'Pod default/x: spec.containers[0].ports[0].containerPort: 0 is not a port (1-65535)')
      .that.includes({ code: 'PP_OBJECT_INVALID', field: 'spec.containers[0].ports[0].containerPort' });
    expect(() => parseResource({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }))
      .to.throw(CoreError)
      .that.includes({ code: 'PP_OBJECT_UNKNOWN_KIND' });
  });

  it('throws nothing but its own errors, whatever it is given', () => {
    const hostile = fc.anything({ withNullPrototype: true, withMap: true, withDate: true, withBigInt: true });
    const kind = fc.constantFrom(...RESOURCE_KINDS);
    fc.assert(
      fc.property(kind, hostile, hostile, fc.dictionary(fc.string(), hostile), (some, spec, status, metadata) => {
        try {
          parseResource({ ...objectOf(some, { spec, status, endpoints: spec, subsets: spec }), metadata });
          parseResource(objectOf(some, { spec, status }));
        } catch (error) {
          expect(error).to.be.instanceOf(CoreError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('tells of a fault wherever a sound object is spoilt, or reads it still', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RESOURCE_KINDS), fc.infiniteStream(fc.nat()), SCRAPS, (kind, choices, scrap) => {
        const sound = objectOf(kind, SAMPLES[kind], { labels: { a: 'b' } });
        const read = readResource(spoil(sound, () => choices.next().value, scrap));
        if (read.outcome !== 'faulty') return;
        for (const { error } of read.faults) {
          expect(error).to.be.instanceOf(CoreError);
          expect(error.message.length).to.be.below(700);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('reads the sound objects themselves', () => {
    for (const kind of RESOURCE_KINDS) {
      const name = kind === 'BaselineAdminNetworkPolicy' ? 'default' : 'x';
      expect(faults(kind, SAMPLES[kind], { name }), kind).to.deep.equal([]);
    }
  });

  it('reads null as absent, as Go does', () => {
    expect(
      parse('Pod', { spec: null, status: null }, { labels: null, annotations: null, namespace: null }),
    ).to.deep.equal(parse('Pod', {}));
  });

  it('tells of a key of any length in few words, and gives its whole path beside them', () => {
    const key = 'k'.repeat(65_536);
    const error = (() => {
      try {
        return parse('Pod', {}, { labels: { [key]: 'x' } });
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error)
      .to.be.instanceOf(CoreError)
      .and.to.include({ field: `metadata.labels.${key}` });
    expect((error as CoreError).message.length).to.be.below(600);
  });

  it('passes over fields that no dataplane reads, and refuses those that the kind does not have', () => {
    const fields = { spec: { finalizers: ['kubernetes'] } };
    expect(parse('Namespace', fields)).to.deep.equal(parse('Namespace', {}));
    expect(() => parse('Namespace', { ...fields, extra: 1 }))
      .to.throw(CoreError, 'Namespace x: extra: unknown field; there are apiVersion, kind, status, metadata, spec')
      .that.includes({ code: 'PP_FIELD_UNKNOWN', field: 'extra' });
  });

  it('ignores fields that the kind does not have where it is told to', () => {
    const raw = objectOf('Namespace', { extra: 1 });
    expect(parseResource(raw, 'ignore')).to.deep.equal(parse('Namespace', {}));
    expect(parseResource(raw, 'warn')).to.deep.equal(parse('Namespace', {}));
  });
});
