import { expect } from 'chai';
import { TCP, UDP } from '@polyplane/core/backend';
import { buildFrontend, buildService, buildServiceEndpoint, buildWorkload, stateOf } from '@polyplane/core/testing';
import { IDLE_SECONDS } from '../conntrack/conntrack-expiry';
import { staleConnections } from '../conntrack/stale-connections';
import { describeOnKernel } from '../testing/on-kernel';
import { ACK, FIN, RST, SYN } from '../testing/packets';
import { API, ProgramBed, VIP, WEB } from '../testing/program-bed';
import { ConntrackTable } from './conntrack-table';

describeOnKernel('the table of connections', () => {
  let bed: ProgramBed;
  let later = 0;
  let table: ConntrackTable;
  before(() => {
    bed = ProgramBed.open();
    const now = (): bigint => process.hrtime.bigint() + BigInt(later) * 1_000_000_000n;
    table = new ConntrackTable(bed.object.map('pp_conntrack'), bed.object.map('pp_bound'), now);
  });
  beforeEach(() => {
    bed.reset();
    later = 0;
  });
  after(() => bed.close());

  const handshake = (): void => {
    const { bytes, mark } = bed.send('from_workload', 'web', { from: WEB, to: VIP });
    bed.send('to_workload', 'api', bytes, mark);
    bed.send('from_workload', 'api', {
      from: API,
      to: WEB,
      sourcePort: 8080,
      destinationPort: 40000,
      flags: SYN | ACK,
    });
    bed.send('from_workload', 'web', { from: WEB, to: VIP, flags: ACK });
  };
  /** Entries that are left after so many seconds without a packet. */
  const leftAfter = (seconds: number): number => {
    later = seconds;
    table.sweep();
    return bed.trackedEntries;
  };

  it('keeps a connection and what leads to it as long as it lasts, and then neither', () => {
    bed.service({ address: VIP }, [`${API}:8080`]);
    handshake();
    expect(leftAfter(IDLE_SECONDS.tcpEstablished - 5)).to.equal(2);
    expect(leftAfter(IDLE_SECONDS.tcpEstablished + 5)).to.equal(0);
  });

  it('forgets sooner what was never answered, what is closed, and what was reset', () => {
    bed.service({ address: VIP }, [`${API}:8080`]);
    bed.send('from_workload', 'web', { from: WEB, to: VIP });
    expect([leftAfter(IDLE_SECONDS.tcpOpening - 5), leftAfter(IDLE_SECONDS.tcpOpening + 5)]).to.deep.equal([2, 0]);
    handshake();
    bed.send('from_workload', 'web', { from: WEB, to: VIP, flags: FIN | ACK });
    expect(leftAfter(IDLE_SECONDS.tcpClosed + 5)).to.equal(2);
    bed.send('from_workload', 'api', {
      from: API,
      to: WEB,
      sourcePort: 8080,
      destinationPort: 40000,
      flags: FIN | ACK,
    });
    expect(leftAfter(IDLE_SECONDS.tcpClosed + 5)).to.equal(0);
    handshake();
    bed.send('from_workload', 'web', { from: WEB, to: VIP, flags: RST });
    expect(leftAfter(IDLE_SECONDS.tcpReset + 5)).to.equal(0);
  });

  it('forgets datagrams of which no more come', () => {
    bed.send('from_workload', 'web', { from: WEB, to: API, protocol: UDP });
    expect([leftAfter(IDLE_SECONDS.udp - 5), leftAfter(IDLE_SECONDS.udp + 5)]).to.deep.equal([1, 0]);
  });

  it('forgets the connections of workloads that are gone', () => {
    bed.send('from_workload', 'web', { from: WEB, to: API, protocol: TCP });
    bed.send('from_workload', 'api', { from: API, to: '10.65.9.9', protocol: TCP });
    const web = buildWorkload('web', WEB);
    const api = buildWorkload('api', API);
    table.forget(staleConnections(stateOf(web, api), stateOf(web, api), []));
    expect(bed.trackedEntries).to.equal(2);
    table.forget(staleConnections(stateOf(web, api), stateOf(api), []));
    expect(bed.trackedEntries).to.equal(1);
  });

  it('forgets datagrams to an endpoint that serves no more, and no others', () => {
    bed.service({ address: VIP, protocol: UDP, port: 53 }, [`${API}:5353`]);
    bed.send('from_workload', 'web', { from: WEB, to: VIP, protocol: UDP });
    bed.send('from_workload', 'web', { from: WEB, to: API, protocol: UDP });
    const endpoint = (address: string) => buildServiceEndpoint(address, 5353, true);
    const dns = (address: string) =>
      buildService('dns', [buildFrontend('clusterIp', 53, VIP)], [endpoint(address)], { protocol: UDP });
    table.forget(staleConnections(undefined, stateOf(dns(API)), []));
    expect(bed.trackedEntries).to.equal(3);
    table.forget(staleConnections(stateOf(dns(API)), stateOf(dns(WEB)), []));
    expect(bed.trackedEntries).to.equal(2);
  });
});
