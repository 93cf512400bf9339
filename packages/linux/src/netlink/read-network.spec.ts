import { expect } from 'chai';
import { applyIpBatch } from '../ip-batch';
import { NetworkNamespace } from '../network-namespace';
import { describeOnKernel } from '../testing/on-kernel';
import { readLinkAddresses, readLinks, readNeighbours, readRoutes } from './read-network';

describeOnKernel('the network of a namespace, read', () => {
  let namespace: NetworkNamespace;
  let index: number;

  before(() => {
    namespace = NetworkNamespace.create();
    applyIpBatch(namespace, [
      'link set lo up',
      'link add name one address 02:00:00:00:00:01 mtu 1400 type veth peer name other',
      'link add name br type bridge',
      'link set other master br',
      'link set one up',
      'link set other up',
      'address add 192.0.2.1/24 dev one',
      'address add fd00::1/64 dev one nodad',
      'route add 10.1.0.0/16 via 192.0.2.2 dev one src 192.0.2.1 metric 7',
      'route add blackhole fd00:5::/48',
      'route add default via 192.0.2.3 dev one table 77',
      'neighbor add 192.0.2.2 lladdr 02:00:00:00:00:02 dev one nud permanent',
      'neighbor add fd00::2 lladdr 02:00:00:00:00:03 dev one nud permanent',
    ]);
    index = readLinks(namespace).find(({ name }) => name === 'one')?.index ?? 0;
  });
  after(() => namespace.close());

  it('has its links', () => {
    const links = readLinks(namespace);
    expect(links.find(({ name }) => name === 'one')).to.deep.equal({
      index,
      name: 'one',
      mtu: 1400,
      isUp: true,
      isRunning: true,
      hardwareAddress: '02:00:00:00:00:01',
      kind: 'veth',
    });
    const bridge = links.find(({ name }) => name === 'br');
    expect(bridge).to.include({ kind: 'bridge', isUp: false });
    expect(links.find(({ name }) => name === 'other')?.masterIndex).to.equal(bridge?.index);
    expect(links.find(({ name }) => name === 'lo')).to.include({ index: 1, isUp: true });
  });

  it('has their addresses', () => {
    const addresses = readLinkAddresses(namespace).filter(({ linkIndex }) => linkIndex === index);
    expect(addresses).to.deep.include({ linkIndex: index, address: '192.0.2.1', prefixLength: 24 });
    expect(addresses).to.deep.include({ linkIndex: index, address: 'fd00::1', prefixLength: 64 });
    expect(readLinkAddresses(namespace)).to.deep.include({ linkIndex: 1, address: '127.0.0.1', prefixLength: 8 });
  });

  it('has its routes, of all tables', () => {
    const routes = readRoutes(namespace);
    const through = { linkIndex: index, table: 254, kind: 'unicast' };
    expect(routes.find(({ destination }) => destination === '10.1.0.0/16')).to.deep.equal({
      ...through,
      destination: '10.1.0.0/16',
      protocol: 3,
      priority: 7,
      gateway: '192.0.2.2',
      preferredSource: '192.0.2.1',
    });
    expect(routes.find(({ destination }) => destination === 'fd00:5::/48')?.kind).to.equal('blackhole');
    expect(routes.find(({ table }) => table === 77)).to.include({ destination: '0.0.0.0/0', gateway: '192.0.2.3' });
    expect(routes.find(({ destination }) => destination === '192.0.2.1/32')?.kind).to.equal('local');
    expect(routes.find(({ destination }) => destination === 'fd00::/64')).to.include({ linkIndex: index });
  });

  it('has its neighbours', () => {
    const neighbours = readNeighbours(namespace);
    expect(neighbours).to.deep.include({
      linkIndex: index,
      address: '192.0.2.2',
      hardwareAddress: '02:00:00:00:00:02',
      isValid: true,
    });
    expect(neighbours.find(({ address }) => address === 'fd00::2')?.isValid).to.equal(true);
  });

  it('is read whole, also where it takes many messages', () => {
    const routes = Array.from({ length: 3000 }, (_, i) => `route add blackhole 10.${8 + (i >> 8)}.${i & 255}.0/24`);
    applyIpBatch(namespace, routes);
    const blackholes = readRoutes(namespace).filter(({ kind, table }) => kind === 'blackhole' && table === 254);
    expect(new Set(blackholes.map(({ destination }) => destination)).size).to.equal(3001);
  });
});
