import { expect } from 'chai';
import { ICMP, UDP } from '@polyplane/core/backend';
import { describeOnKernel } from '../testing/on-kernel';
import { ACK, RST, SYN } from '../testing/packets';
import { API, API6, CLIENT, FAR, MARK, NODE, ProgramBed, SLOT, WEB, WEB6 } from '../testing/program-bed';

describeOnKernel('the programs ask policy', () => {
  let bed: ProgramBed;
  before(() => {
    bed = ProgramBed.open();
  });
  beforeEach(() => bed.reset());
  after(() => bed.close());

  const question = { from: WEB, to: API } as const;
  const answer = { from: API, to: WEB, sourcePort: 80, destinationPort: 40000, flags: SYN | ACK } as const;

  it('at both ends of a flow between workloads, once', () => {
    const entering = bed.send('from_workload', 'web', question);
    expect(entering).to.include({ action: 'pass', mark: MARK.seen });
    expect(bed.send('to_workload', 'api', question, entering.mark).action).to.equal('pass');
    const next = bed.send('from_workload', 'web', { ...question, flags: ACK });
    expect(next).to.include({ action: 'pass', mark: MARK.seen | MARK.toWorkload | MARK.toNetwork });
    expect(next.bytes).to.deep.equal(bed.send('to_workload', 'api', { ...question, flags: ACK }, next.mark).bytes);
  });

  it('not for answers of what was let through', () => {
    bed.workload('web', [WEB], { ingress: SLOT.deny });
    bed.workload('api', [API], { egress: SLOT.deny });
    const { mark } = bed.send('from_workload', 'web', question);
    bed.send('to_workload', 'api', question, mark);
    const back = bed.send('from_workload', 'api', answer);
    expect(back).to.include({ action: 'pass', mark: MARK.seen | MARK.toWorkload | MARK.toNetwork });
    expect(bed.send('to_workload', 'web', answer, back.mark).action).to.equal('pass');
  });

  it('and drop what the sender may not send, and what the receiver may not get', () => {
    bed.workload('web', [WEB], { egress: SLOT.deny });
    expect(bed.send('from_workload', 'web', question).action).to.equal('drop');
    expect(bed.trackedEntries).to.equal(0);
    bed.workload('web', [WEB]);
    bed.workload('api', [API], { ingress: SLOT.deny });
    const { mark } = bed.send('from_workload', 'web', question);
    expect(bed.send('to_workload', 'api', question, mark).action).to.equal('drop');
  });

  it('and take nothing for an answer to what was not let through', () => {
    bed.workload('api', [API], { ingress: SLOT.deny, egress: SLOT.deny });
    const { mark } = bed.send('from_workload', 'web', question);
    bed.send('to_workload', 'api', question, mark);
    expect(bed.send('from_workload', 'api', answer).action).to.equal('drop');
    const datagram = { ...question, protocol: UDP, destinationPort: 53 };
    const next = bed.send('from_workload', 'web', datagram);
    bed.send('to_workload', 'api', datagram, next.mark);
    const crossing = { from: API, to: WEB, protocol: UDP, sourcePort: 53, destinationPort: 40000 };
    expect(bed.send('from_workload', 'api', crossing).action).to.equal('drop');
  });

  it('and drop what comes from, or goes to, an interface without an endpoint, or with an empty slot', () => {
    bed.removeEndpoint('web');
    expect(bed.send('from_workload', 'web', question).action).to.equal('drop');
    expect(bed.send('to_workload', 'web', { from: API, to: WEB }, MARK.seen).action).to.equal('drop');
    bed.workload('web', [WEB], { egress: SLOT.empty });
    expect(bed.send('from_workload', 'web', question).action).to.equal('drop');
    bed.workload('web', [WEB], { egress: 0 });
    expect(bed.send('from_workload', 'web', question).action).to.equal('drop');
  });

  it('again for a flow whose policy has changed, at the end that changed', () => {
    const { mark } = bed.send('from_workload', 'web', question);
    bed.send('to_workload', 'api', question, mark);
    bed.workload('api', [API], { ingress: SLOT.deny });
    const next = bed.send('from_workload', 'web', { ...question, flags: ACK });
    expect(next).to.include({ action: 'pass', mark: MARK.seen });
    expect(bed.send('to_workload', 'api', { ...question, flags: ACK }, next.mark).action).to.equal('drop');
    bed.workload('api', [API]);
    expect(bed.send('to_workload', 'api', { ...question, flags: ACK }, next.mark).action).to.equal('pass');
    expect(bed.send('from_workload', 'web', { ...question, flags: ACK }).mark).to.equal(
      MARK.seen | MARK.toWorkload | MARK.toNetwork,
    );
    bed.workload('web', [WEB], { egress: SLOT.deny });
    expect(bed.send('from_workload', 'web', { ...question, flags: ACK }).action).to.equal('drop');
  });

  it('not of a source that is not the workload’s own', () => {
    expect(bed.send('from_workload', 'web', { from: API, to: FAR }).action).to.equal('drop');
    expect(bed.send('from_workload', 'web', { from: API6, to: WEB6 }).action).to.equal('drop');
    expect(bed.send('from_workload', 'web', { from: WEB6, to: API6 }).action).to.equal('pass');
  });

  it('not of what the host sends to its workloads, whose answers come through', () => {
    bed.workload('web', [WEB], { ingress: SLOT.deny, egress: SLOT.deny });
    expect(bed.send('to_workload', 'web', { from: NODE, to: WEB }).action).to.equal('pass');
    const back = { from: WEB, to: NODE, sourcePort: 80, destinationPort: 40000, flags: SYN | ACK };
    expect(bed.send('from_workload', 'web', back).action).to.equal('pass');
  });

  it('of a packet of no known flow nothing: it is dropped where policy holds, else left to the kernel', () => {
    for (const flags of [ACK, RST, SYN | ACK]) {
      expect(bed.send('from_workload', 'web', { ...question, flags }).action).to.equal('drop');
      expect(bed.send('from_network', 'uplink', { from: CLIENT, to: WEB, flags }).action).to.equal('drop');
      expect(bed.send('from_network', 'uplink', { from: CLIENT, to: NODE, flags }).action).to.equal('pass');
      expect(bed.send('to_network', 'uplink', { from: NODE, to: CLIENT, flags }).action).to.equal('pass');
    }
    const echoReply = { from: WEB, to: API, protocol: ICMP, icmp: { type: 0 }, sourcePort: 5 };
    expect(bed.send('from_workload', 'web', echoReply).action).to.equal('drop');
  });

  it('of a flow anew when its ports are used again', () => {
    const { mark } = bed.send('from_workload', 'web', question);
    bed.send('to_workload', 'api', question, mark);
    bed.send('from_workload', 'web', { ...question, flags: RST });
    bed.workload('web', [WEB], { egress: SLOT.deny });
    expect(bed.send('from_workload', 'web', question).action).to.equal('drop');
  });

  it('of two flows of echoes with one identifier, each its own', () => {
    const echo = { from: WEB, to: API, protocol: ICMP, sourcePort: 9 };
    const { mark } = bed.send('from_workload', 'web', echo);
    bed.send('to_workload', 'api', echo, mark);
    bed.workload('api', [API], { egress: SLOT.deny });
    expect(bed.send('from_workload', 'api', { ...echo, from: API, to: WEB }).action).to.equal('drop');
    const reply = { ...echo, from: API, to: WEB, icmp: { type: 0 } };
    expect(bed.send('from_workload', 'api', reply).action).to.equal('pass');
  });
});
