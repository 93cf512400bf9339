import { expect } from 'chai';
import fc from 'fast-check';
import { hasDoubleKeys } from './json-keys';

const has = (text: string): boolean => hasDoubleKeys(text, JSON.parse(text));

describe('keys of JSON', () => {
  it('that come twice are seen at any depth', () => {
    expect(has('{"a": 1, "a": 2}')).to.equal(true);
    expect(has('{"x": [{"a": {"b": 1, "c": 2, "b": 3}}]}')).to.equal(true);
    expect(has('{"a": 1, "b": {"a": 2}, "c": [{"a": 3}, {"a": 4}]}')).to.equal(false);
    expect(has('{"__proto__": 1, "constructor": 2}')).to.equal(false);
  });

  it('are told from text that looks like them', () => {
    expect(has(JSON.stringify({ a: '"b": 1, "b":', 'c":': '\\"d":' }))).to.equal(false);
  });

  it('never come twice in what is written from a value', () => {
    fc.assert(fc.property(fc.json(), (text) => !has(text)));
  });
});
