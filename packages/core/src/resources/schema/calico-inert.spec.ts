import { expect } from 'chai';
import { readResource } from '../parse';
import { RESOURCE_KINDS, WATCHED_KINDS } from './kinds';

const fieldsOfFaults = (kind: string, spec: unknown): readonly string[] => {
  const read = readResource({ apiVersion: 'projectcalico.org/v3', kind, metadata: { name: 'a' }, spec });
  return read.outcome === 'faulty' ? read.faults.map(({ path }) => path.join('.')) : [];
};

describe('kinds that mean nothing to a dataplane', () => {
  it('are not asked of a cluster', () => {
    expect(RESOURCE_KINDS.filter((kind) => !WATCHED_KINDS.includes(kind))).to.have.members([
      'BGPFilter',
      'IPReservation',
      'BlockAffinity',
      'KubeControllersConfiguration',
      'CalicoNode',
    ]);
  });

  it('keep nothing of what they say', () => {
    const read = readResource({
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPReservation',
      metadata: { name: 'a' },
      spec: { reservedCIDRs: ['10.0.0.1'] },
    });
    expect(read).to.have.property('outcome', 'resource');
    expect(read).to.have.property('resource').that.has.all.keys('kind', 'ref', 'metadata');
  });

  it('take a rule of a BGP filter with a range and how to compare it, or with neither', () => {
    const faultsOf = (rule: object): readonly string[] =>
      fieldsOfFaults('BGPFilter', { importV6: [{ action: 'Accept', ...rule }] });
    expect(faultsOf({ cidr: 'fd00::/8', matchOperator: 'In', prefixLength: { min: 8, max: 128 } })).to.deep.equal([]);
    expect(faultsOf({ cidr: 'fd00::/8' })).to.deep.equal(['spec.importV6.0.matchOperator']);
    expect(faultsOf({ matchOperator: 'In' })).to.deep.equal(['spec.importV6.0.cidr']);
    expect(faultsOf({ prefixLength: { max: 129 } })).to.deep.equal(['spec.importV6.0.prefixLength.max']);
    expect(faultsOf({ cidr: '10.0.0.0/8', matchOperator: 'In' })).to.deep.equal(['spec.importV6.0.cidr']);
  });

  it('change a route only where they accept it, one thing at a time', () => {
    const faultsOf = (rule: object): readonly string[] => fieldsOfFaults('BGPFilter', { exportV4: [rule] });
    const setPriority = { value: 1 };
    expect(faultsOf({ action: 'Accept', operations: [{ setPriority }] })).to.deep.equal([]);
    expect(faultsOf({ action: 'Reject', operations: [{ setPriority }] })).to.deep.equal(['spec.exportV4.0.operations']);
    expect(faultsOf({ action: 'Accept', operations: [{ setPriority, addCommunity: { value: '1:2' } }] })).to.deep.equal(
      ['spec.exportV4.0.operations.0'],
    );
    expect(faultsOf({ action: 'Accept', operations: [{ addCommunity: { value: '01:2' } }] })).to.deep.equal([
      'spec.exportV4.0.operations.0.addCommunity.value',
    ]);
  });

  it('check the templates of host endpoints down to their annotations', () => {
    const templates = [{ annotations: { 'not a key': 'b' }, interfacePattern: '(' }];
    expect(
      fieldsOfFaults('KubeControllersConfiguration', { controllers: { node: { hostEndpoint: { templates } } } }),
    ).to.have.members([
      'spec.controllers.node.hostEndpoint.templates.0.annotations.not a key',
      'spec.controllers.node.hostEndpoint.templates.0.interfacePattern',
    ]);
  });

  it('tell Calico’s node from Kubernetes’ by its group', () => {
    expect(fieldsOfFaults('Node', { bgp: {} })).to.deep.equal(['spec.bgp']);
    expect(fieldsOfFaults('Node', { bgp: { ipv4Address: '10.0.0.1' } })).to.deep.equal(['spec.bgp.ipv4Address']);
    expect(fieldsOfFaults('Node', { vxlanTunnelMACAddr: '66:5a' })).to.deep.equal(['spec.vxlanTunnelMACAddr']);
  });
});
