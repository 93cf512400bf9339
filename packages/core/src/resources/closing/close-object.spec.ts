import { expect } from 'chai';
import type { FieldValidation } from '../field-validation';
import { readResource } from '../parse';
import type { ParsedResource } from '../parsed-resource';
import type { ResourceKind, ResourceOf } from '../resource';
import { type Fields, objectOf } from '../testing/api-objects';

const read = (kind: ResourceKind, spec: Fields, validation: FieldValidation = 'strict', metadata: Fields = {}) =>
  readResource(objectOf(kind, { spec }, metadata), validation);

/** What counts where no earlier version of the object does. */
const closedSpec = <Kind extends ResourceKind>(
  kind: Kind,
  spec: Fields,
  validation: FieldValidation = 'strict',
  metadata: Fields = {},
): Record<string, unknown> | undefined => {
  const parsed = read(kind, spec, validation, metadata);
  const resource = parsed.outcome === 'faulty' ? parsed.closed?.resource : undefined;
  // The kind is the one that was asked for.
  return (resource as (ResourceOf<Kind> & { readonly spec: Record<string, unknown> }) | undefined)?.spec;
};

const codes = (parsed: ParsedResource): readonly string[] =>
  parsed.outcome === 'foreign' ? [] : parsed.faults.map(({ error }) => `${error.code} ${error.field}`);

const ANY_END = { nets: [], notNets: [], ports: [], notPorts: [] };
const NOTHING = { ...ANY_END, selector: 'has(rule-cannot-be-read) && !has(rule-cannot-be-read)' };
const NO_PODS = {
  matchLabels: {},
  matchExpressions: [
    { key: 'rule-cannot-be-read', operator: 'Exists', values: [] },
    { key: 'rule-cannot-be-read', operator: 'DoesNotExist', values: [] },
  ],
};

describe('a NetworkPolicy that cannot be read whole', () => {
  const bad = { from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] };
  const good = { from: [{ podSelector: {} }] };

  it('isolates its pods, and allows what its other rules allow', () => {
    const spec = closedSpec('NetworkPolicy', { podSelector: {}, ingress: [bad, good] });
    expect(spec?.ingress).to.deep.equal([
      { peers: [{ podSelector: NO_PODS }], ports: [] },
      { peers: [{ podSelector: { matchLabels: {}, matchExpressions: [] } }], ports: [] },
    ]);
    expect(spec?.policyTypes).to.deep.equal(['Ingress']);
  });

  it('isolates in both directions where it cannot be read which it means', () => {
    for (const part of [{ policyTypes: ['Ingres'] }, { policyType: ['Egress'] }, { egres: [{}] }, { egress: 'x' }]) {
      expect(
        closedSpec('NetworkPolicy', { podSelector: {}, ...part })?.policyTypes,
        JSON.stringify(part),
      ).to.deep.equal(['Ingress', 'Egress']);
    }
    const written = { podSelector: {}, policyTypes: ['Ingress'], egres: [] };
    expect(closedSpec('NetworkPolicy', written)?.policyTypes).to.deep.equal(['Ingress']);
  });

  it('does not count where whom it is for cannot be read', () => {
    expect(closedSpec('NetworkPolicy', { podSelector: { matchLabels: { a: 7 } } })).to.equal(undefined);
    expect(closedSpec('NetworkPolicy', { podSelector: { matchLabel: { a: 'b' } } })).to.equal(undefined);
    expect(closedSpec('NetworkPolicy', { podSelectr: {} }, 'warn')).to.equal(undefined);
    expect(closedSpec('NetworkPolicy', { podSelector: {} }, 'strict', { namspace: 'a' })).to.equal(undefined);
  });

  it('counts in spite of labels and annotations that are no such', () => {
    expect(
      closedSpec('NetworkPolicy', { podSelector: {} }, 'strict', { labels: { a: 7 }, annotations: 7 }),
    ).to.deep.include({
      policyTypes: ['Ingress'],
    });
  });

  it('is refused for an unknown field, but read where that is let pass, its rule closed', () => {
    const spec = { podSelector: {}, ingress: [{ form: [] }, good] };
    const strict = read('NetworkPolicy', spec);
    expect(codes(strict)).to.deep.equal(['PP_FIELD_UNKNOWN spec.ingress[0].form']);
    expect(strict.outcome === 'faulty' && strict.closed?.isRefused).to.equal(true);
    const warned = read('NetworkPolicy', spec, 'warn');
    expect(codes(warned)).to.deep.equal(['PP_FIELD_PASSED_OVER spec.ingress[0].form']);
    expect(warned.outcome === 'resource' && warned.resource).to.deep.nested.include({
      'spec.ingress[0].peers[0].podSelector': NO_PODS,
    });
    const ignored = read('NetworkPolicy', spec, 'ignore');
    expect(ignored.outcome === 'resource' && ignored.resource).to.deep.nested.include({ 'spec.ingress[0].peers': [] });
    expect(codes(ignored)).to.deep.equal([]);
  });
});

describe('a Calico policy that cannot be read whole', () => {
  const ingressOf = (...rules: readonly unknown[]) =>
    closedSpec('GlobalNetworkPolicy', { selector: 'all()', ingress: rules })?.ingress;

  it('leaves out allow and log rules, and keeps the others in their places', () => {
    expect(
      ingressOf({ action: 'Allow', source: { nets: ['x'] } }, { action: 'Log', protocol: 'x' }, { action: 'Deny' }),
    ).to.deep.equal([
      { action: 'Allow', source: NOTHING, destination: ANY_END },
      { action: 'Allow', source: NOTHING, destination: ANY_END },
      { action: 'Deny', source: ANY_END, destination: ANY_END },
    ]);
  });

  it('denies what deny and pass rules may match: all that the conditions leave that can be read', () => {
    const source = { nets: ['x'] };
    const destination = { ports: [80] };
    const denied = {
      action: 'Deny',
      protocol: 6,
      source: ANY_END,
      destination: { ...ANY_END, ports: [{ first: 80, last: 80 }] },
    };
    for (const action of ['Deny', 'Pass', 'Dney', undefined, 7]) {
      expect(ingressOf({ action, protocol: 'TCP', source, destination }), String(action)).to.deep.equal([denied]);
    }
  });

  it('denies everything where nothing of a rule tells what it may match', () => {
    const everything = [{ action: 'Deny', source: ANY_END, destination: ANY_END }];
    expect(ingressOf('Deny')).to.deep.equal(everything);
    // Ports mean nothing without their protocol.
    expect(ingressOf({ action: 'Deny', protocol: 'TPC', destination: { ports: [80] } })).to.deep.equal(everything);
    expect(closedSpec('GlobalNetworkPolicy', { selector: 'all()', ingress: 'x' })?.ingress).to.deep.equal(everything);
  });

  it('finds what comes to light when the first faults are mended', () => {
    const rules = [
      { action: 'Deny', protocol: 'x', source: { services: { name: 'a', namespace: 'b' } } },
      { action: 'Allow', destination: { domains: ['x'] } },
    ];
    const parsed = read('GlobalNetworkPolicy', { selector: 'all()', egress: rules });
    expect(codes(parsed)).to.deep.equal([
      'PP_FIELD_UNKNOWN spec.egress[1].destination.domains',
      'PP_OBJECT_INVALID spec.egress[0].protocol',
      'PP_OBJECT_INVALID spec.egress[0].source.services',
    ]);
    expect(parsed.outcome === 'faulty' && parsed.closed?.resource).to.deep.nested.include({
      'spec.egress[0]': { action: 'Deny', source: ANY_END, destination: ANY_END },
    });
  });

  it('does not count where its place in the order or whom it is for cannot be read', () => {
    for (const part of [
      { order: 'x' },
      { tier: '-' },
      { selector: '((' },
      { doNotTrack: 7 },
      { serviceAccountSelector: '((' },
    ]) {
      expect(closedSpec('GlobalNetworkPolicy', { selector: 'all()', ...part }), JSON.stringify(part)).to.equal(
        undefined,
      );
    }
    expect(closedSpec('GlobalNetworkPolicy', { selecter: 'all()' }, 'warn')).to.equal(undefined);
  });

  it('does not count where a word on its place, on whom it is for or on what it judges is misspelt', () => {
    for (const name of [
      'oder',
      'priority',
      'teir',
      'Tier',
      'namespaceSelecto',
      'serviceAcountSelector',
      'podSelector',
      'applyOnForwrd',
      'preDnat',
      'doNotTrak',
    ]) {
      const spec = { selector: 'all()', types: ['Ingress'], ingress: [{ action: 'Allow' }], [name]: 'x' };
      for (const validation of ['strict', 'warn'] as const) {
        const parsed = read('GlobalNetworkPolicy', spec, validation);
        expect(codes(parsed), name).to.deep.equal([`PP_FIELD_UNKNOWN spec.${name}`]);
        expect(parsed, name).to.include({ outcome: 'faulty' }).and.not.have.property('closed');
      }
    }
  });

  it('denies everything in a direction whose rules stand under a misspelt name, and is for both', () => {
    expect(closedSpec('GlobalNetworkPolicy', { selector: 'all()', ingres: [{ action: 'Deny' }] })).to.deep.include({
      types: ['Ingress', 'Egress'],
      ingress: [{ action: 'Deny', source: ANY_END, destination: ANY_END }],
      egress: [],
    });
  });

  it('counts as it reads without an unknown field that is near nothing which decides about packets', () => {
    const spec = { selector: 'all()', someNewerField: 1, ingress: [{ action: 'Allow' }] };
    expect(closedSpec('GlobalNetworkPolicy', spec)).to.deep.include({ types: ['Ingress'], egress: [] });
    const warned = read('GlobalNetworkPolicy', spec, 'warn');
    expect(codes(warned)).to.deep.equal(['PP_FIELD_PASSED_OVER spec.someNewerField']);
    expect(warned.outcome === 'resource' && warned.resource).to.deep.nested.include({
      'spec.types': ['Ingress'],
      'spec.ingress[0].action': 'Allow',
    });
    // Where nothing says whom it is for, the strange field may.
    expect(closedSpec('GlobalNetworkPolicy', { someNewerField: 1 })).to.equal(undefined);
  });

  it('counts in spite of a rule’s annotations and of hints', () => {
    const rule = { action: 'Allow', metadata: { annotations: 7 } };
    expect(closedSpec('GlobalNetworkPolicy', { ingress: [rule], performanceHints: ['x'] })).to.deep.nested.include({
      'ingress[0].action': 'Allow',
      'ingress[0].source': ANY_END,
    });
  });

  it('is for ingress only before DNAT, whatever cannot be read', () => {
    const spec = { selector: 'all()', preDNAT: true, applyOnForward: true, types: ['x'], ingress: [] };
    expect(closedSpec('GlobalNetworkPolicy', spec)?.types).to.deep.equal(['Ingress']);
  });

  it('closes a profile in the same way', () => {
    expect(
      closedSpec('Profile', {
        egress: [
          { action: 'Allow', protocol: 'x' },
          { action: 'Deny', protocol: 'x' },
        ],
      })?.egress,
    ).to.deep.equal([
      { action: 'Allow', source: NOTHING, destination: ANY_END },
      { action: 'Deny', source: ANY_END, destination: ANY_END },
    ]);
  });
});

describe('a cluster-wide policy that cannot be read whole', () => {
  const specOf = (rules: Fields) =>
    closedSpec('AdminNetworkPolicy', { priority: 1, subject: { namespaces: {} }, ...rules });
  const EVERYONE = { kind: 'networks', networks: ['0.0.0.0/0', '::/0'] };
  const EVERY_POD = { kind: 'namespaces', namespaceSelector: { matchLabels: {}, matchExpressions: [] } };

  it('leaves out allow rules, and denies what deny and pass rules may match', () => {
    const from = [{ namespaces: { sameLabels: ['x'] } }];
    const ports = [{ portNumber: { protocol: 'TCP', port: 80 } }];
    const portsRead = [
      { kind: 'numbers', protocol: 'TCP', protocolField: 'portNumber.protocol', ports: { first: 80, last: 80 } },
    ];
    const spec = specOf({
      ingress: [
        { name: 'a', action: 'Allow', from },
        { name: 'b', action: 'Deny', from, ports },
        { name: 'c', action: 'Pass', from: [{ namespaces: {} }], ports: [{ portNumber: { port: 0 } }] },
        { name: 'd', action: 'x', from: [{ namespaces: {} }], ports },
      ],
    });
    expect(spec?.ingress).to.deep.equal([
      {
        name: '',
        action: 'Allow',
        peers: [{ kind: 'pods', namespaceSelector: { matchLabels: {}, matchExpressions: [] }, podSelector: NO_PODS }],
        ports: [],
      },
      { name: '', action: 'Deny', peers: [EVERYONE], ports: portsRead },
      { name: '', action: 'Deny', peers: [EVERY_POD], ports: [] },
      { name: '', action: 'Deny', peers: [EVERY_POD], ports: portsRead },
    ]);
  });

  it('denies everyone where the list of its rules cannot be read', () => {
    const everything = [{ name: '', action: 'Deny', peers: [EVERYONE], ports: [] }];
    expect(specOf({ ingress: 'x' })?.ingress).to.deep.equal(everything);
    expect(specOf({ egress: 'x' })?.egress).to.deep.equal(everything);
    expect(specOf({ egress: [7] })?.egress).to.deep.equal(everything);
  });

  it('does not count where a field beside its rules is unknown, which may have been rules', () => {
    expect(specOf({ ingres: [] })).to.equal(undefined);
    expect(specOf({ prioritty: 1 })).to.equal(undefined);
    const spec = { priority: 1, subject: { namespaces: {} }, ingres: [] };
    expect(codes(read('AdminNetworkPolicy', spec, 'warn'))).to.deep.equal(['PP_FIELD_UNKNOWN spec.ingres']);
    expect(specOf({ priority: 'x' })).to.equal(undefined);
    expect(specOf({ subject: {} })).to.equal(undefined);
  });

  it('is read in the words of its own API', () => {
    const spec = {
      tier: 'Admin',
      priority: 1,
      subject: { namespaces: {} },
      ingress: [{ action: 'Accept', from: [{}] }],
    };
    expect(closedSpec('ClusterNetworkPolicy', spec)).to.deep.nested.include({ 'ingress[0].action': 'Allow' });
  });
});

describe('a network set that cannot be read whole', () => {
  it('keeps the ranges that can be read, and knows that there are others', () => {
    expect(closedSpec('GlobalNetworkSet', { nets: ['10.0.0.0/8', 'x', '10.0.0.0/33', 'fd00::/8'] })).to.deep.equal({
      nets: ['10.0.0.0/8', 'fd00::/8'],
      hasUnreadNets: true,
    });
    for (const spec of [{ nets: 'x' }, { net: ['10.0.0.0/8'] }, { nets: [{}] }]) {
      expect(closedSpec('GlobalNetworkSet', spec), JSON.stringify(spec)).to.deep.equal({
        nets: [],
        hasUnreadNets: true,
      });
    }
  });

  it('is whole in spite of its annotations, and does not count without its labels', () => {
    const spec = { nets: ['10.0.0.0/8'] };
    expect(closedSpec('NetworkSet', spec, 'strict', { annotations: 7 })).to.deep.equal(spec);
    expect(closedSpec('NetworkSet', spec, 'strict', { labels: { a: 7 } })).to.equal(undefined);
  });
});

describe('an object of another kind that cannot be read whole', () => {
  it('does not count, and is read without unknown fields where these are let pass', () => {
    expect(read('Tier', { order: 'x' }))
      .to.include({ outcome: 'faulty' })
      .and.not.have.property('closed');
    expect(read('Tier', { ordr: 1 }))
      .to.include({ outcome: 'faulty' })
      .and.not.have.property('closed');
    expect(read('Tier', { ordr: 1 }, 'warn')).to.include({ outcome: 'resource' });
    expect(read('StagedNetworkPolicy', { ingress: [7] })).to.not.have.property('closed');
  });
});
