import { expect } from 'chai';
import { ConntrackTable, parseConntrackList } from './conntrack';
import type { CommandRunner } from './exec';
import { LinuxError } from './linux-error';

describe('parseConntrackList', () => {
  it('reads where a flow was sent and who answers it', () => {
    const text = [
      'udp      17 29 src=10.65.0.3 dst=10.96.0.10 sport=5353 dport=8000 src=10.65.0.2 dst=10.65.0.3 sport=80 dport=5353 [ASSURED] mark=0 use=1',
      'udp      17 3 src=10.65.0.3 dst=10.96.0.11 sport=1 dport=2 [UNREPLIED] src=10.96.0.11 dst=10.65.0.3 sport=2 dport=1 mark=0 use=1',
      '',
    ].join('\n');
    expect(parseConntrackList(text, 4)).to.deep.equal([
      {
        family: 4,
        source: '10.65.0.3',
        sourcePort: 5353,
        destination: '10.96.0.10',
        destinationPort: 8000,
        answeredBy: '10.65.0.2',
        answeredPort: 80,
      },
      {
        family: 4,
        source: '10.65.0.3',
        sourcePort: 1,
        destination: '10.96.0.11',
        destinationPort: 2,
        answeredBy: '10.96.0.11',
        answeredPort: 2,
      },
    ]);
  });

  it('reads flows to certain ports alone, counted or not, and none of a zone', () => {
    const line = (port: number, more: string) =>
      `udp      17 29 src=fd00::1 dst=fd00:96::1 sport=1000 dport=${port} packets=1 bytes=29 [UNREPLIED] src=fd00::2 dst=fd00::1 sport=53 dport=1000 packets=0 bytes=0 mark=0${more} use=1`;
    const text = [line(53, ''), line(54, ''), line(53, ' zone=5'), ''].join('\n');
    expect(parseConntrackList(text, 6, new Set([53]))).to.deep.equal([
      {
        family: 6,
        source: 'fd00::1',
        sourcePort: 1000,
        destination: 'fd00:96::1',
        destinationPort: 53,
        answeredBy: 'fd00::2',
        answeredPort: 53,
      },
    ]);
    expect(parseConntrackList(text, 6)).to.have.length(2);
  });
});

describe('ConntrackTable', () => {
  const runnerOf = (stdout: string, stderr: string): CommandRunner => ({
    run: async () => ({ exitCode: 0, stdout, stderr }),
  });

  it('does not take less than what was shown', async () => {
    const told = 'conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.';
    const error = await new ConntrackTable(runnerOf('udp 17 29 src=\n', told)).readUdpFlows().catch((e: unknown) => e);
    expect(error).to.be.instanceOf(LinuxError).and.include({ code: 'PP_LINUX_COMMAND_FAILED' });
    expect(await new ConntrackTable(runnerOf('a\nb\n', told)).readUdpFlows()).to.deep.equal([]);
  });
});
