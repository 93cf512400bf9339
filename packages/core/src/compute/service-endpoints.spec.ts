import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { load } from 'js-yaml';
import { parseResource } from '../resources/parse';
import { DesiredStateStore, type ServiceEndpoint, type ServicePort } from '../state';
import { ComputeGraph } from './graph';

/** `clusterEndpoints` and `localEndpoints`: null where the service never uses that kind. */
interface TopologyCase {
  readonly title: string;
  readonly node: string;
  readonly manifests: readonly unknown[];
  readonly expect: {
    readonly clusterEndpoints: readonly string[] | null;
    readonly localEndpoints: readonly string[] | null;
    readonly allEndpoints: readonly string[];
    readonly hasAnyEndpoints: boolean;
  };
}

const SUITE = join(__dirname, '../../../conformance/suites/topology');

describe('Endpoints of a service port, as kube-proxy chooses them', () => {
  for (const file of readdirSync(SUITE).filter((name) => name.endsWith('.yaml'))) {
    // The file's form is checked by what is read from it.
    const topology = load(readFileSync(join(SUITE, file), 'utf8')) as TopologyCase;
    it(`${file}: ${topology.title}`, () => {
      const port = servicePort(topology.manifests, topology.node);
      const { clusterEndpoints, localEndpoints, allEndpoints, hasAnyEndpoints } = topology.expect;
      expect(texts(port.clusterEndpoints)).to.have.members(clusterEndpoints ?? []);
      expect(texts(port.localEndpoints)).to.have.members(localEndpoints ?? []);
      const all = new Set([...texts(port.clusterEndpoints), ...texts(port.localEndpoints)]);
      expect([...all]).to.have.members(allEndpoints);
      expect(port.hasEndpoints).to.equal(hasAnyEndpoints);
    });
  }

  it('come from all slices of the port’s family, name and protocol, each once and in order', () => {
    const port = servicePort(
      [
        service(),
        slice('b', { endpoints: [{ addresses: ['10.0.0.9'] }, { addresses: ['10.0.0.2'], nodeName: 'n2' }] }),
        slice('a', { endpoints: [{ addresses: ['10.0.0.2'], nodeName: 'n1', conditions: { ready: false } }] }),
        slice('other-port', { ports: [{ name: 'metrics', port: 9 }], endpoints: [{ addresses: ['10.0.0.3'] }] }),
        slice('udp', {
          ports: [{ name: 'web', port: 8080, protocol: 'UDP' }],
          endpoints: [{ addresses: ['10.0.0.4'] }],
        }),
        slice('six', { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] }),
        slice('portless', { ports: [{ name: 'web' }], endpoints: [{ addresses: ['10.0.0.5'] }] }),
      ],
      'n1',
    );
    expect(port.clusterEndpoints).to.deep.equal([
      { address: '10.0.0.2', port: 8080, isLocal: true },
      { address: '10.0.0.9', port: 8080, isLocal: false },
    ]);
  });

  it('are ready at once where the service publishes addresses that are not ready', () => {
    const endpoints = [{ addresses: ['10.0.0.1'], conditions: { ready: false } }];
    expect(servicePort([service(), slice('a', { endpoints })], 'n1').clusterEndpoints).to.deep.equal([]);
    const published = servicePort([service({ publishNotReadyAddresses: true }), slice('a', { endpoints })], 'n1');
    expect(texts(published.clusterEndpoints)).to.deep.equal(['10.0.0.1:8080']);
  });

  it('prefer those hinted for this node to those hinted for its zone', () => {
    const hinted = (address: string, node: string) => ({
      addresses: [address],
      hints: { forZones: [{ name: 'z1' }], forNodes: [{ name: node }] },
    });
    const slices = [slice('a', { endpoints: [hinted('10.0.0.1', 'n1'), hinted('10.0.0.2', 'n2')] })];
    expect(texts(servicePort([service(), ...slices], 'n1').clusterEndpoints)).to.deep.equal(['10.0.0.1:8080']);
    const zone = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n3', labels: { 'topology.kubernetes.io/zone': 'z1' } },
    };
    const inZone = servicePort([zone, service(), ...slices], 'n3');
    expect(texts(inZone.clusterEndpoints)).to.deep.equal(['10.0.0.1:8080', '10.0.0.2:8080']);
  });

  describe('beside those that new flows go to', () => {
    const DNS = { ports: [{ name: 'web', port: 53, protocol: 'UDP' }] };
    const leaving = { ready: false, serving: true, terminating: true };
    const others = (spec: object, endpoints: readonly object[], ports: object = DNS) =>
      servicePort([service({ ...DNS, ...spec }), slice('a', { ...ports, endpoints })], 'n1').otherServingEndpoints;

    it('are those that serve while they terminate', () => {
      const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: leaving }];
      expect(others({}, endpoints)).to.deep.equal([{ address: '10.0.0.2', port: 53, isLocal: false }]);
      expect(others({}, endpoints.slice(1))).to.equal(undefined);
      const gone = { addresses: ['10.0.0.3'], conditions: { ready: false, serving: false, terminating: true } };
      expect(others({}, [...endpoints, gone])).to.have.length(1);
    });

    it('are those that hints and traffic policies leave out', () => {
      const here = { addresses: ['10.0.0.1'], nodeName: 'n1', hints: { forNodes: [{ name: 'n1' }] } };
      const there = { addresses: ['10.0.0.2'], nodeName: 'n2', hints: { forNodes: [{ name: 'n2' }] } };
      expect(texts(others({}, [here, there]) ?? [])).to.deep.equal(['10.0.0.2:53']);
      const { hints: _, ...unhinted } = there;
      expect(texts(others({ internalTrafficPolicy: 'Local' }, [here, unhinted]) ?? [])).to.deep.equal(['10.0.0.2:53']);
    });

    it('are told of UDP alone', () => {
      const tcp = { ports: [{ name: 'web', port: 80 }] };
      expect(
        others(tcp, [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'], conditions: leaving }], tcp),
      ).to.equal(undefined);
    });
  });

  it('are counted for the health check across all slices of the service, whatever ports they serve', () => {
    const elsewhere = {
      ports: [{ name: 'metrics', port: 9 }],
      endpoints: [{ addresses: ['10.0.0.4'], nodeName: 'n1' }],
    };
    const here = { endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'n1' }] };
    const port = servicePort([service(), slice('a', here), slice('again', here), slice('b', elsewhere)], 'n1');
    expect(port.localReadyEndpoints).to.equal(2);
    expect(texts(port.clusterEndpoints)).to.deep.equal(['10.0.0.1:8080']);
  });

  it('are counted for the health check by address, ready and local ones only', () => {
    const endpoints = [
      { addresses: ['10.0.0.1'], nodeName: 'n1' },
      { addresses: ['10.0.0.2'], nodeName: 'n1', conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['10.0.0.3'], nodeName: 'n2' },
    ];
    expect(servicePort([service(), slice('a', { endpoints })], 'n1').localReadyEndpoints).to.equal(1);
  });
});

function servicePort(manifests: readonly unknown[], nodeName: string): ServicePort {
  const store = new DesiredStateStore();
  const changes = manifests.map((manifest) => ({ op: 'put', resource: parseResource(manifest) }) as const);
  store.apply({ scope: 'full', changes: new ComputeGraph({ nodeName }).apply(changes) });
  const [port] = store.services.values();
  if (port === undefined) throw new Error('no service port');
  return port;
}

function service(spec: object = {}): unknown {
  const ports = [{ name: 'web', port: 80 }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's', namespace: 'ns' },
    spec: { clusterIP: '10.96.0.1', ports, ...spec },
  };
}

function slice(name: string, fields: object): unknown {
  const metadata = { name, namespace: 'ns', labels: { 'kubernetes.io/service-name': 's' } };
  const ports = [{ name: 'web', port: 8080 }];
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', ports, ...fields };
}

function texts(endpoints: readonly ServiceEndpoint[]): readonly string[] {
  return endpoints.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`));
}
