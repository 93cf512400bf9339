import { expect } from 'chai';
import { describeUnless, readTestbedObstacle, type Testbed } from '@polyplane/conformance';
import { type FlowFilter, parseIpAddress } from '@polyplane/core/backend';
import { type CommandRunner, formatRemoval, LinuxError } from '@polyplane/linux';
import { emptyTestbed } from '../testing/on-kernel';
import { commandRunner, conntrackFilterOf, FlowTable, readHostLinks } from './linux';

const ip = parseIpAddress;

describe('conntrackFilterOf', () => {
  const argumentsOf = (flow: FlowFilter): string => formatRemoval(conntrackFilterOf(flow)).slice(2).join(' ');

  it('names flows by who answers, and those of a workload', () => {
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

  it('comes as an error of this backend that says whether trying again may help', async () => {
    const missing = await reasonOf(commandRunner(undefined, 10).run('polyplane-no-such-command', []));
    expect(missing).to.include({ code: 'PP_IPTABLES_COMMAND_MISSING', isRetriable: false });
    expect(missing).to.have.property('cause').that.is.instanceOf(LinuxError);
    const late = await reasonOf(commandRunner(undefined, 0).run('sleep', ['10']));
    expect(late).to.include({ code: 'PP_IPTABLES_COMMAND_TIMEOUT', isRetriable: true });
    expect(await reasonOf(readHostLinks(refusing))).to.include({ code: 'PP_IPTABLES_READ_FAILED', isRetriable: true });
    const cutShort: CommandRunner = { run: async () => ({ exitCode: 0, stdout: '[{"ifname":"et', stderr: '' }) };
    expect(await reasonOf(readHostLinks(cutShort))).to.include({ code: 'PP_IPTABLES_READ_FAILED', isRetriable: true });
    const table = new FlowTable(refusing, undefined);
    expect(await reasonOf(table.readUdpFlows())).to.include({ code: 'PP_IPTABLES_READ_FAILED', isRetriable: true });
    const flow = { kind: 'workload', family: 4, address: ip('10.0.0.2'), end: 'source' } as const;
    expect(await reasonOf(table.remove([flow]))).to.include({
      code: 'PP_IPTABLES_CONNTRACK_FAILED',
      isRetriable: true,
    });
  });
});

describeUnless(readTestbedObstacle(), 'FlowTable', () => {
  let testbed: Testbed;
  beforeEach(() => {
    testbed = emptyTestbed();
  });
  afterEach(() => testbed.close());

  it('reads what is tracked, and forgets what it is told of that, and nothing else', async () => {
    const networkNamespace = testbed.networkNamespaceOf('node-1');
    const runner = commandRunner(networkNamespace, 10);
    const track = async (source: string, destination: string, answeredBy: string, port: number) => {
      const way = ['-s', source, '-d', destination, '--sport', String(port), '--dport', '53'];
      const back = ['-r', answeredBy, '-q', source, '--reply-port-src', '5353', '--reply-port-dst', String(port)];
      const { exitCode, stderr } = await runner.run('conntrack', ['-I', '-p', 'udp', '-t', '60', ...way, ...back]);
      expect(exitCode, stderr).to.equal(0);
    };
    await track('10.0.0.1', '10.96.0.10', '10.0.0.2', 1001);
    await track('10.0.0.1', '10.96.0.10', '10.0.0.2', 1002);
    await track('fd00::1', 'fd00:96::10', 'fd00::2', 1003);
    await track('fd00::1', 'fd00:96::10', 'fd00::2', 1004);
    const table = new FlowTable(runner, networkNamespace);
    const flows = await table.readUdpFlows(new Set([53]));
    expect(flows.map(({ sourcePort }) => sourcePort).sort()).to.deep.equal([1001, 1002, 1003, 1004]);
    expect(flows.every(({ answeredPort }) => answeredPort === 5353)).to.equal(true);
    expect(await table.readUdpFlows(new Set([54]))).to.deep.equal([]);
    const odd = flows.filter(({ sourcePort }) => sourcePort % 2 === 1);
    await table.forget(odd);
    // They are gone already.
    await table.forget(odd);
    const left = await table.readUdpFlows();
    expect(left.map(({ sourcePort }) => sourcePort).sort()).to.deep.equal([1002, 1004]);
    const gone = await reasonOf(new FlowTable(runner, '/proc/self/no-such-namespace').forget(odd));
    expect(gone).to.include({ code: 'PP_IPTABLES_CONNTRACK_FAILED' });
  });
});

function reasonOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch((reason: unknown) => reason);
}
