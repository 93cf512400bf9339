import { expect } from 'chai';
import { buildSettings, nets } from '../testing/desired-objects';
import { nodePortEntrances } from './node-port-entrances';

describe('nodePortEntrances', () => {
  it('opens every address but loopback, which answers on IPv4 where that is wanted', () => {
    expect(nodePortEntrances(4, buildSettings({ localhostNodePorts: true }))).to.deep.equal({ excluded: [] });
    expect(nodePortEntrances(4, buildSettings({ localhostNodePorts: false }))).to.deep.equal({
      excluded: nets('127.0.0.0/8'),
    });
    for (const localhostNodePorts of [true, false]) {
      expect(nodePortEntrances(6, buildSettings({ localhostNodePorts }))).to.deep.equal({ excluded: nets('::1') });
    }
  });

  it('narrows them to the ranges of the family, none where all are of the other', () => {
    const settings = buildSettings({ nodePortAddresses: nets('192.168.0.0/24') });
    expect(nodePortEntrances(4, settings).ranges).to.deep.equal(nets('192.168.0.0/24'));
    expect(nodePortEntrances(6, settings).ranges).to.deep.equal([]);
  });
});
