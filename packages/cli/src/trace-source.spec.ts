import { expect } from 'chai';
import { CliError } from './cli-error';
import { parseTraceSource } from './trace-source';

describe('the source of a trace', () => {
  it('is a pod, a node, the host or an address', () => {
    expect(parseTraceSource('pod:shop-web/frontend-1')).to.deep.equal({
      kind: 'pod',
      namespace: 'shop-web',
      name: 'frontend-1',
    });
    expect(parseTraceSource('node:node-2')).to.deep.equal({ kind: 'node', name: 'node-2' });
    expect(parseTraceSource('host')).to.deep.equal({ kind: 'host' });
    expect(parseTraceSource('192.0.2.7')).to.deep.equal({ kind: 'address', address: '192.0.2.7' });
    expect(parseTraceSource('2001:DB8::1')).to.deep.equal({ kind: 'address', address: '2001:db8::1' });
  });

  for (const text of ['', 'pod:', 'pod:frontend-1', 'pod:a/b/c', 'node:a/b', 'frontend-1', '192.0.2.300']) {
    it(`is not ${JSON.stringify(text)}`, () => {
      expect(() => parseTraceSource(text)).to.throw(CliError, 'is none of');
    });
  }
});
