import { expect } from 'chai';
import { type FlowFilter, parseIpAddress, parsePort } from '@polyplane/core/backend';
import { type CommandRunner, formatRemoval, LinuxError } from '@polyplane/linux';
import { commandRunner, conntrackFilterOf, FlowTable, readHostLinks } from './linux';

const ip = parseIpAddress;

describe('conntrackFilterOf', () => {
  const argumentsOf = (flow: FlowFilter): string => formatRemoval(conntrackFilterOf(flow)).slice(2).join(' ');

  it('names flows to a service, to who answers, and of a workload', () => {
    const service = { kind: 'service', family: 4, port: parsePort(53) } as const;
    expect(argumentsOf(service)).to.equal('ipv4 -p udp --orig-port-dst 53');
    expect(argumentsOf({ ...service, address: ip('10.96.0.10'), endpoint: ip('10.0.0.2') })).to.equal(
      'ipv4 -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --dst-nat 10.0.0.2',
    );
    expect(argumentsOf({ kind: 'answered', family: 4, address: ip('1.1.1.1'), answeredBy: ip('2.2.2.2') })).to.equal(
      'ipv4 --orig-dst 1.1.1.1 --reply-src 2.2.2.2',
    );
    const workload = { kind: 'workload', family: 6, address: ip('fd00::2') } as const;
    expect(argumentsOf({ ...workload, end: 'source' })).to.equal('ipv6 --orig-src fd00::2');
    expect(argumentsOf({ ...workload, end: 'destination' })).to.equal('ipv6 --reply-src fd00::2');
  });
});

describe('what Linux refuses', () => {
  const refusing: CommandRunner = { run: async () => ({ exitCode: 1, stdout: '', stderr: 'no' }) };
  const reasonOf = (answer: Promise<unknown>): Promise<unknown> => answer.catch((reason: unknown) => reason);

  it('comes as an error of this backend that says whether trying again may help', async () => {
    const missing = await reasonOf(commandRunner(undefined, 10).run('polyplane-no-such-command', []));
    expect(missing).to.include({ code: 'PP_IPTABLES_COMMAND_MISSING', isRetriable: false });
    expect(missing).to.have.property('cause').that.is.instanceOf(LinuxError);
    const late = await reasonOf(commandRunner(undefined, 0).run('sleep', ['10']));
    expect(late).to.include({ code: 'PP_IPTABLES_COMMAND_TIMEOUT', isRetriable: true });
    expect(await reasonOf(readHostLinks(refusing))).to.include({ code: 'PP_IPTABLES_READ_FAILED', isRetriable: true });
    const table = new FlowTable(refusing);
    expect(await reasonOf(table.readUdpFlows())).to.include({ code: 'PP_IPTABLES_READ_FAILED', isRetriable: true });
    const flow = { kind: 'workload', family: 4, address: ip('10.0.0.2'), end: 'source' } as const;
    expect(await reasonOf(table.remove([flow]))).to.include({
      code: 'PP_IPTABLES_CONNTRACK_FAILED',
      isRetriable: true,
    });
  });
});
