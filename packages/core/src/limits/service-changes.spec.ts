import { expect } from 'chai';
import { STANDARD_BEHAVIOURS } from '../simulator';
import { endpointSliceResource, serviceResource } from '../testing';
import type { Behaviours } from './behaviours';
import { ClusterIndex } from './cluster-index';
import type { Limit } from './limit';
import { type ServiceBackend, serviceChanges } from './service-changes';

const BASE: ServiceBackend = { name: 'base', behaviours: STANDARD_BEHAVIOURS, limits: [] };
const backend = (behaviours: Partial<Behaviours>): ServiceBackend => ({
  name: 'other',
  behaviours: { ...STANDARD_BEHAVIOURS, ...behaviours },
  limits: [],
});
const NO_AFFINITY: Limit = {
  code: 'PP_LIMIT_TEST',
  feature: 'sessionAffinity',
  support: 'unsupported',
  effect: 'degraded',
  message: 'none',
  remedy: 'none',
  source: 'test',
};

const TWO = ['10.0.0.1', '10.0.0.2'];
const NODE_PORT = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] };

/** `CODE: message` of one service's changes. */
function changes(spec: object, to: ServiceBackend, from = BASE, addresses: readonly string[] = TWO): readonly string[] {
  const cluster = new ClusterIndex([
    serviceResource('shop/web', { clusterIp: '10.96.0.1', port: 80, spec }),
    endpointSliceResource('shop/web', { addresses, port: 8080, node: 'n1' }),
  ]);
  return serviceChanges(cluster, from, to).map(({ code, message }) => `${code}: ${message}`);
}

const codes = (lines: readonly string[]): readonly string[] => lines.map((line) => line.split(':')[0] ?? '');

describe('services that a change of backend affects', () => {
  it('are none where nothing differs', () => {
    expect(changes({ ...NODE_PORT, sessionAffinity: 'ClientIP' }, backend({}))).to.deep.equal([]);
  });

  it('are none of which either backend serves nothing', () => {
    const keeps = backend({ nodePortSourceNat: 'never', nodePortNat: 'anyNode' });
    const lacks = {
      ...keeps,
      limits: [
        { ...NO_AFFINITY, feature: 'sctpService' },
        { ...NO_AFFINITY, feature: 'ipv6' },
      ],
    } as const;
    const sctp = { name: 'a', port: 80, nodePort: 30080, protocol: 'SCTP' };
    const only = { ...NODE_PORT, ports: [sctp] };
    const beside = { ...NODE_PORT, ports: [sctp, { name: 'b', port: 81, nodePort: 30081 }] };
    expect(
      [changes(only, keeps), changes(only, lacks), changes(beside, lacks)].map(({ length }) => length > 0),
    ).to.deep.equal([...[true, false, true]]);
    const v6 = { ...NODE_PORT, clusterIP: 'fd00::1', clusterIPs: ['fd00::1'], ipFamilies: ['IPv6'] };
    expect([changes(v6, keeps), changes(v6, lacks)].map(({ length }) => length > 0)).to.deep.equal([true, false]);
  });

  it('are those whose pods begin or cease to see their clients, by each way in', () => {
    const hides = backend({ nodePortSourceNat: 'always' });
    const keeps = backend({ externalSourceNat: 'never' });
    const local = { ...NODE_PORT, type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    expect(changes(local, hides)).to.deep.equal([
      'PP_CHANGE_SERVICE_SOURCE: For outside clients that come by node ports, pods see a node’s address instead of the client’s.',
    ]);
    expect(changes({ ...NODE_PORT, type: 'LoadBalancer' }, keeps)).to.deep.equal([
      'PP_CHANGE_SERVICE_SOURCE: For outside clients that come by external and load-balancer addresses, pods see the client’s address instead of a node’s.',
    ]);
    expect(changes(NODE_PORT, hides)).to.deep.equal([]);
    expect(changes({}, hides)).to.deep.equal([]);
  });

  it('are those with node ports where other nodes answer for them', () => {
    const anyNode = backend({ nodePortNat: 'anyNode' });
    expect(codes(changes(NODE_PORT, anyNode))).to.deep.equal(['PP_CHANGE_SERVICE_NODE_PORT']);
    expect(changes(NODE_PORT, BASE, anyNode)[0]).to.contain('Only the node that a packet is addressed to');
    expect(changes({}, anyNode)).to.deep.equal([]);
  });

  it('are those whose connections have a choice of endpoints that is made in another way', () => {
    const maglev = backend({ loadBalancing: 'maglev' });
    expect(changes({}, maglev)).to.deep.equal([
      'PP_CHANGE_SERVICE_BALANCING: Connections are spread over the endpoints by Maglev’s consistent hash instead of chance.',
    ]);
    expect(changes({}, maglev, BASE, ['10.0.0.1'])).to.deep.equal([]);
    expect(changes({ clusterIP: 'None', clusterIPs: ['None'] }, maglev)).to.deep.equal([]);
    expect(
      changes({ type: 'ExternalName', externalName: 'x.example', clusterIP: '', clusterIPs: [] }, maglev),
    ).to.deep.equal([]);
  });

  it('may have a choice where nothing tells of their endpoints', () => {
    const cluster = new ClusterIndex([serviceResource('shop/web', { clusterIp: '10.96.0.1', port: 80 })]);
    const told = serviceChanges(cluster, BASE, backend({ loadBalancing: 'hash' }));
    expect(told.map(({ code }) => code)).to.deep.equal(['PP_CHANGE_SERVICE_BALANCING']);
  });

  it('are those with client affinity where one backend has none', () => {
    const lacking = { ...backend({}), limits: [NO_AFFINITY] };
    const affine = { sessionAffinity: 'ClientIP' };
    expect(changes(affine, lacking)[0]).to.contain('ceases to hold');
    expect(changes(affine, BASE, lacking)[0]).to.contain('begins to hold');
    expect(changes(affine, lacking, lacking)).to.deep.equal([]);
    expect(changes({}, lacking)).to.deep.equal([]);
  });

  it('are those whose answers take another way, which is straight only where the client’s address is kept', () => {
    const direct = backend({ isDirectServerReturn: true });
    const local = { ...NODE_PORT, externalTrafficPolicy: 'Local' };
    expect(changes(local, direct)).to.deep.equal([
      'PP_CHANGE_SERVICE_RETURN: Answers from node ports go straight from the endpoint’s node to the client.',
    ]);
    expect(changes(NODE_PORT, direct)).to.deep.equal([]);
    expect(changes(local, BASE, direct)).to.deep.equal([
      'PP_CHANGE_SERVICE_RETURN: Answers from node ports go back through the node that the client dialled.',
    ]);
  });
});
