import { expect } from 'chai';
import { formatFieldPath } from '../field-path';
import { readResource } from '../parse';
import type { ResourceKind } from '../resource';
import { type Fields, objectOf } from '../testing/api-objects';
import { fieldsOf, findUnknownFields } from './known-fields';

const PEER = fieldsOf(['cidr'], { selector: fieldsOf(['matchLabels']) });
const KNOWN = fieldsOf(['name'], { spec: fieldsOf(['types', 'labels'], { from: PEER }) });

const unknown = (raw: unknown): readonly string[] =>
  findUnknownFields(raw, KNOWN).map(({ path, nearest }) => `${formatFieldPath(path)} -> ${nearest ?? 'none'}`);

const toldOf = (kind: ResourceKind, fields: Fields): readonly string[] => {
  const read = readResource(objectOf(kind, fields));
  return read.outcome === 'faulty' ? read.faults.map(({ error }) => error.message) : [];
};

describe('fields that a kind does not have', () => {
  it('are found at any depth, in lists too, each with its path', () => {
    expect(
      unknown({ name: 'a', nam: 1, spec: { form: [], from: [{ cidr: 'x' }, { selectr: {}, cidrs: [] }] } }),
    ).to.deep.equal([
      'nam -> name',
      'spec.form -> from',
      'spec.from[1].selectr -> selector',
      'spec.from[1].cidrs -> cidr',
    ]);
  });

  it('are told whatever their value is, and not looked into', () => {
    expect(unknown({ spec: { strange: null } })).to.deep.equal(['spec.strange -> none']);
    expect(unknown({ spec: { strange: { deep: { deeper: 1 } } } })).to.deep.equal(['spec.strange -> none']);
  });

  it('are told where only the case differs, as the API tells them apart', () => {
    expect(unknown({ Spec: {}, spec: { Types: [] } })).to.deep.equal(['Spec -> spec', 'spec.Types -> types']);
  });

  it('are none below what may hold keys of the user’s', () => {
    expect(unknown({ spec: { labels: { form: 'x', constructor: 'y' }, types: [{ anything: 1 }] } })).to.deep.equal([]);
  });

  it('are looked for in whatever stands where the structure should, without a fault', () => {
    for (const raw of [null, 1, 'x', [], [[{ strange: 1 }]], { spec: [[['x']]] }, { spec: 'x' }]) {
      expect(unknown(raw)).to.deep.equal([]);
    }
  });

  it('of any length are told without a search for what is near', () => {
    expect(unknown({ ['n'.repeat(65_536)]: 1 })[0]).to.match(/ -> none$/);
  });
});

describe('the fields of a kind', () => {
  it('are those of the policies that nobody means to widen', () => {
    expect(toldOf('NetworkPolicy', { spec: { podSelector: { matchLabel: { a: 'b' } } } })).to.deep.equal([
      'NetworkPolicy default/x: spec.podSelector.matchLabel: unknown field; the nearest there is: matchLabels',
    ]);
    expect(toldOf('NetworkPolicy', { spec: { podSelector: {}, ingres: [] } })).to.deep.equal([
      'NetworkPolicy default/x: spec.ingres: unknown field; the nearest there is: ingress',
    ]);
    expect(
      toldOf('NetworkPolicy', { spec: { podSelector: {}, ingress: [{ port: 1, protocol: 'TCP' }] } }),
    ).to.deep.equal([
      'NetworkPolicy default/x: spec.ingress[0].port: unknown field; the nearest there is: ports',
      'NetworkPolicy default/x: spec.ingress[0].protocol: unknown field; there are from, ports',
    ]);
    expect(toldOf('GlobalNetworkPolicy', { spec: { selecter: 'all()' } })).to.deep.equal([
      'GlobalNetworkPolicy x: spec.selecter: unknown field; the nearest there is: selector',
    ]);
  });

  it('are not those of another product or another time', () => {
    const rule = { action: 'Allow', protocol: 'TCP', destination: { domains: ['api.example.com'], ports: [443] } };
    expect(toldOf('CalicoNetworkPolicy', { spec: { egress: [rule] } })[0]).to.contain(
      'spec.egress[0].destination.domains: unknown field; there are ',
    );
    const from = [{ namespaces: { sameLabels: ['tenant'] } }];
    const spec = { priority: 5, subject: { namespaces: {} }, ingress: [{ action: 'Allow', from }] };
    expect(toldOf('AdminNetworkPolicy', { spec })[0]).to.contain(
      'spec.ingress[0].from[0].namespaces.sameLabels: unknown field; there are matchLabels, matchExpressions',
    );
  });

  it('are also those that no dataplane reads, of every version', () => {
    const sound: readonly (readonly [ResourceKind, Fields])[] = [
      [
        'Pod',
        { spec: { containers: [{ name: 'c', image: 'x', securityContext: { x: 1 } }], tolerations: [{ x: 1 }] } },
      ],
      ['Node', { spec: { taints: [], providerID: 'x', externalID: 'y' }, status: { anything: { at: 'all' } } }],
      [
        'Service',
        {
          spec: {
            clusterIP: 'None',
            selector: { form: 'x' },
            topologyKeys: ['x'],
            allocateLoadBalancerNodePorts: true,
          },
        },
      ],
      ['ServiceAccount', { secrets: [{ name: 'x' }], imagePullSecrets: [], automountServiceAccountToken: false }],
      ['Endpoints', { subsets: [{ addresses: [{ ip: '10.0.0.1', hostname: 'a', targetRef: { kind: 'Pod' } }] }] }],
      [
        'EndpointSlice',
        { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { a: 'b' } }] },
      ],
      ['NetworkPolicy', { spec: { podSelector: {} }, status: { conditions: [] } }],
      ['IPPool', { spec: { cidr: '10.0.0.0/16', ipip: { enabled: true, mode: 'always' }, 'nat-outgoing': true } }],
      ['FelixConfiguration', { spec: { ignoreLooseRPF: true, bpfKubeProxyEndpointSlicesEnabled: true } }],
      ['KubeControllersConfiguration', { status: { runningConfig: {} }, spec: { controllers: { node: null } } }],
      ['Installation', { spec: { cni: { type: 'Calico' }, calicoNetwork: { mtu: 1, windowsDataplane: 'HNS' } } }],
    ];
    for (const [kind, fields] of sound) expect(toldOf(kind, fields), kind).to.deep.equal([]);
  });

  it('hold the names under which an object is labelled and placed', () => {
    const misplaced = { ...objectOf('Pod', {}), metadata: { name: 'x', label: { app: 'web' } } };
    const read = readResource(misplaced);
    expect(read.outcome === 'faulty' && read.faults[0].error.message).to.equal(
      'Pod default/x: metadata.label: unknown field; the nearest there is: labels',
    );
  });
});
