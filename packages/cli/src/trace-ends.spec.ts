import { expect } from 'chai';
import fc from 'fast-check';
import { CliError } from './cli-error';
import { parseTraceDestination, parseTraceSource } from './trace-ends';

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

describe('the destination of a trace', () => {
  it('is dialled by TCP unless it says otherwise', () => {
    expect(parseTraceDestination('10.96.0.10:53')).to.deep.equal({ address: '10.96.0.10', port: 53, protocol: 6 });
    expect(parseTraceDestination('10.96.0.10:53/udp')).to.deep.equal({ address: '10.96.0.10', port: 53, protocol: 17 });
    expect(parseTraceDestination('10.96.0.10:53/132')).to.deep.equal({
      address: '10.96.0.10',
      port: 53,
      protocol: 132,
    });
  });

  it('has an IPv6 address in brackets', () => {
    expect(parseTraceDestination('[2001:db8::1]:80')).to.deep.equal({
      address: '2001:db8::1',
      port: 80,
      protocol: 6,
    });
  });

  it('has no port where the protocol has none, and is an echo request for icmp', () => {
    expect(parseTraceDestination('10.0.0.1/icmp')).to.deep.equal({
      address: '10.0.0.1',
      protocol: 1,
      icmp: { type: 8, code: 0 },
    });
    expect(parseTraceDestination('[2001:db8::1]/icmp')).to.deep.equal({
      address: '2001:db8::1',
      protocol: 58,
      icmp: { type: 128, code: 0 },
    });
    expect(parseTraceDestination('10.0.0.1/47')).to.deep.equal({ address: '10.0.0.1', protocol: 47 });
  });

  const wrong: readonly (readonly [text: string, says: string])[] = [
    ['10.0.0.1', 'the port is missing'],
    ['10.0.0.1:0', '0 is not a port'],
    ['10.0.0.1:99999', '99999 is not a port'],
    ['10.0.0.1:80/tpc', 'tpc is not a protocol'],
    ['10.0.0.1:80/icmp', 'icmp has no ports'],
    ['shop:80', 'is not IP:PORT'],
    ['2001:db8::1:80', 'is not IP:PORT'],
  ];
  for (const [text, says] of wrong) {
    it(`is not ${text}: ${says}`, () => {
      expect(() => parseTraceDestination(text)).to.throw(CliError, says);
    });
  }

  it('is either read or refused with a usage error, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseTraceDestination(text).address).to.be.a('string');
        } catch (error) {
          expect(error).to.be.instanceOf(CliError).with.property('code', 'PP_CLI_USAGE');
        }
      }),
    );
  });
});
