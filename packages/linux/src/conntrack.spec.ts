import { expect } from 'chai';
import { parseConntrackList } from './conntrack';

describe('parseConntrackList', () => {
  it('reads where a flow was sent and who answers it', () => {
    const text = [
      'udp      17 29 src=10.65.0.3 dst=10.96.0.10 sport=5353 dport=8000 src=10.65.0.2 dst=10.65.0.3 sport=80 dport=5353 [ASSURED] mark=0 use=1',
      'udp      17 3 src=10.65.0.3 dst=10.96.0.11 sport=1 dport=2 [UNREPLIED] src=10.96.0.11 dst=10.65.0.3 sport=2 dport=1 mark=0 use=1',
      '',
    ].join('\n');
    expect(parseConntrackList(text, 4)).to.deep.equal([
      { family: 4, destination: '10.96.0.10', destinationPort: 8000, answeredBy: '10.65.0.2' },
      { family: 4, destination: '10.96.0.11', destinationPort: 2, answeredBy: '10.96.0.11' },
    ]);
  });
});
