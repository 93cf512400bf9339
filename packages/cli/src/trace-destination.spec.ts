import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { CliError } from './cli-error';
import { type Cluster, readCluster } from './cluster';
import { ROOT } from './testing/polyplane-process';
import { type DialledAddress, dialledAddresses, parseTraceDestination } from './trace-destination';

const NO_CLUSTER: Cluster = { objects: new Map(), locate: () => undefined };

/** The only address that is meant. */
function dialled(text: string, cluster = NO_CLUSTER): DialledAddress | undefined {
  const [first, ...others] = dialledAddresses(parseTraceDestination(text), cluster);
  expect(others).to.deep.equal([]);
  return first;
}

describe('the destination of a trace', () => {
  it('is dialled by TCP unless it says otherwise', () => {
    expect(dialled('10.96.0.10:53')).to.deep.equal({ address: '10.96.0.10', port: 53, protocol: 6 });
    expect(dialled('10.96.0.10:53/udp')).to.deep.equal({ address: '10.96.0.10', port: 53, protocol: 17 });
    expect(dialled('10.96.0.10:53/132')).to.deep.equal({
      address: '10.96.0.10',
      port: 53,
      protocol: 132,
    });
  });

  it('has an IPv6 address in brackets', () => {
    expect(dialled('[2001:db8::1]:80')).to.deep.equal({
      address: '2001:db8::1',
      port: 80,
      protocol: 6,
    });
  });

  it('has no port where the protocol has none, and is an echo request for icmp', () => {
    expect(dialled('10.0.0.1/icmp')).to.deep.equal({
      address: '10.0.0.1',
      protocol: 1,
      icmp: { type: 8, code: 0 },
    });
    expect(dialled('[2001:db8::1]/icmp')).to.deep.equal({
      address: '2001:db8::1',
      protocol: 58,
      icmp: { type: 128, code: 0 },
    });
    expect(dialled('10.0.0.1/47')).to.deep.equal({ address: '10.0.0.1', protocol: 47 });
  });

  const wrong: readonly (readonly [text: string, says: string])[] = [
    ['10.0.0.1', 'the port is missing'],
    ['10.0.0.1:0', '0 is not a port'],
    ['10.0.0.1:99999', '99999 is not a port'],
    ['10.0.0.1:80/tpc', 'tpc is not a protocol'],
    ['10.0.0.1:80/icmp', 'icmp has no ports'],
    ['svc:d/dual', 'the port is missing'],
    ['pod:d/p:80/icmp', 'icmp has no ports'],
    ['pod:p:80', 'is not IP:PORT'],
    ['svc:a/b/c:80', 'is not IP:PORT'],
    ['svc:a/b:http_alt', 'is not IP:PORT'],
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
          expect(parseTraceDestination(text).host.kind).to.be.oneOf(['address', 'pod', 'svc']);
        } catch (error) {
          expect(error).to.be.instanceOf(CliError).with.property('code', 'PP_CLI_USAGE');
        }
      }),
    );
  });

  describe('in a cluster', () => {
    const DUAL = `apiVersion: v1
kind: Service
metadata: {name: dual, namespace: d}
spec:
  clusterIPs: [10.96.9.1, 2001:db8:96::1]
  externalIPs: [203.0.113.99]
  ports:
    - {name: web, port: 80}
    - {name: game, port: 7777, protocol: UDP}
    - {name: both, port: 53, protocol: TCP}
    - {name: both-udp, port: 53, protocol: UDP}
---
apiVersion: v1
kind: Pod
metadata: {name: p.with-dots.0, namespace: d}
spec:
  nodeName: node-1
  containers:
    - name: a
      ports: [{name: web, containerPort: 8080}, {name: same, containerPort: 1}, {containerPort: 9}]
    - name: b
      ports: [{name: same, containerPort: 2}]
status: {phase: Running, podIPs: [{ip: 10.244.1.99}, {ip: 2001:db8:244::99}]}
`;
    let shop: Cluster;
    let folder: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'polyplane-destination-'));
      writeFileSync(join(folder, 'dual.yaml'), DUAL);
      shop = await readCluster({ filename: [join(ROOT, 'examples/shop'), folder] });
    });
    after(() => rmSync(folder, { recursive: true }));

    const all = (text: string): readonly string[] =>
      dialledAddresses(parseTraceDestination(text), shop).map(
        ({ address, port, protocol }) => `${address} ${port ?? '-'} ${protocol}`,
      );

    it('is a service by its cluster addresses, and a port by its number or name', () => {
      expect(all('svc:shop-api/payments:https')).to.deep.equal(['10.96.2.12 443 6']);
      expect(all('svc:shop-api/payments:443')).to.deep.equal(['10.96.2.12 443 6']);
      expect(all('svc:d/dual:web')).to.deep.equal(['10.96.9.1 80 6', '2001:db8:96::1 80 6']);
      expect(all('svc:d/dual/icmp')).to.deep.equal(['10.96.9.1 - 1', '2001:db8:96::1 - 58']);
    });

    it('is a pod by its own addresses, and a port of any of its containers', () => {
      expect(all('pod:shop-data/postgres-1:pg')).to.deep.equal(['10.244.3.30 5432 6']);
      expect(all('pod:d/p.with-dots.0:web')).to.deep.equal(['10.244.1.99 8080 6', '2001:db8:244::99 8080 6']);
    });

    it('is dialled by the port’s own protocol, TCP where the number has several or is nobody’s', () => {
      expect(all('svc:d/dual:game')[0]).to.equal('10.96.9.1 7777 17');
      expect(all('svc:d/dual:7777')[0]).to.equal('10.96.9.1 7777 17');
      expect(all('svc:d/dual:53')[0]).to.equal('10.96.9.1 53 6');
      expect(all('svc:d/dual:53/udp')[0]).to.equal('10.96.9.1 53 17');
      expect(all('pod:d/p.with-dots.0:4711')[0]).to.equal('10.244.1.99 4711 6');
      expect(all('pod:d/p.with-dots.0:8080/udp')[0]).to.equal('10.244.1.99 8080 17');
      expect(all('10.96.9.1:4711')).to.deep.equal(['10.96.9.1 4711 6']);
      expect(all('10.96.9.1:7777')).to.deep.equal(['10.96.9.1 7777 6']);
    });

    it('is an address with a port that the service or the pod there has', () => {
      expect(all('10.96.9.1:game')).to.deep.equal(['10.96.9.1 7777 17']);
      expect(all('203.0.113.99:web')).to.deep.equal(['203.0.113.99 80 6']);
      expect(all('[2001:db8:244::99]:web')).to.deep.equal(['2001:db8:244::99 8080 6']);
    });

    const unknown: readonly (readonly [text: string, code: string, says: string])[] = [
      ['svc:shop-api/payment:https', 'PP_CLI_SERVICE_UNKNOWN', 'near: shop-api/payments'],
      ['svc:shop-data/postgres:pg', 'PP_CLI_SERVICE_UNKNOWN', 'it is headless'],
      ['svc:shop-api/bank:443', 'PP_CLI_SERVICE_UNKNOWN', 'it is a name only'],
      ['pod:shop-api/payment:https', 'PP_CLI_POD_UNKNOWN', 'near: shop-api/payments-1'],
      ['svc:d/dual:wbe', 'PP_CLI_PORT_UNKNOWN', 'service d/dual has no port named wbe; near: web'],
      ['svc:d/dual:game/tcp', 'PP_CLI_PORT_UNKNOWN', 'has no port named game for tcp'],
      ['svc:shop-api/payments:444', 'PP_CLI_PORT_UNKNOWN', 'has no port 444; there is 443/tcp (https)'],
      ['svc:shop-api/payments:443/udp', 'PP_CLI_PORT_UNKNOWN', 'has no port 443/udp; there is 443/tcp (https)'],
      ['svc:d/dual:7777/tcp', 'PP_CLI_PORT_UNKNOWN', 'has no port 7777/tcp; there is 80/tcp (web), 7777/udp (game)'],
      ['10.0.0.77:web', 'PP_CLI_PORT_UNKNOWN', '10.0.0.77 has no port named web; there are none at all'],
      ['pod:d/p.with-dots.0:same', 'PP_CLI_USAGE', 'port same of pod d/p.with-dots.0 means 1/tcp, 2/tcp'],
    ];
    for (const [text, code, says] of unknown) {
      it(`is not ${text}`, () => {
        expect(() => all(text))
          .to.throw(CliError, says)
          .with.property('code', code);
      });
    }
  });
});
