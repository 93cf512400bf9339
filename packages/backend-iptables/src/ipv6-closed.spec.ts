import { expect } from 'chai';
import { createTestbed, type HostName, type Testbed } from '@polyplane/conformance';
import { type DesiredObject, type InterfaceName, parseIpAddress, parsePort, TCP } from '@polyplane/core/backend';
import {
  buildHostEndpoint,
  buildPolicy,
  buildRule,
  buildSettings,
  buildTier,
  buildWorkload,
} from '@polyplane/core/testing';
import { IptablesBackend } from './backend';
import type { IptablesSession } from './session';
import { canConnect, LinkLocalPod } from './testing/link-local-pod';
import { contextOf, describeOnKernel } from './testing/on-kernel';
import { full } from './testing/transitions';

const ip = parseIpAddress;
const OPEN = buildPolicy('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
const tiers = [buildTier([OPEN])];
const PORT = parsePort(80);
const API = 'pod:default/api';
const NODE = 'node:n1';
const CLIENT = 'outside:client';
const IPV6 = { web: 'fd00:65::2', api: 'fd00:65::3', node: 'fd00:18::2', client: '2001:db8::9' } as const;

describeOnKernel('Where nothing in the state is IPv6,', (variant) => {
  let testbed: Testbed;
  let session: IptablesSession;
  let lonely: LinkLocalPod;
  let revision = 0;

  before(async () => {
    const pod = (name: 'web' | 'api', address: string) => ({
      namespace: 'default',
      name,
      node: 'n1',
      addresses: [ip(address), ip(IPV6[name])],
      interfaceName: `cali-${name}` as InterfaceName,
    });
    testbed = createTestbed({
      nodes: [{ name: 'n1', addresses: [ip('172.18.0.2'), ip(IPV6.node)], routedAddresses: [] }],
      pods: [pod('web', '10.65.0.2'), pod('api', '10.65.0.3')],
      outsiders: [{ name: 'client', addresses: [ip('203.0.113.9'), ip(IPV6.client)] }],
      ports: [{ protocol: TCP, port: PORT }],
    });
    lonely = await LinkLocalPod.join(testbed.networkNamespaceOf('n1'), 'cali-lonely');
    session = await new IptablesBackend({ variant }).open(contextOf(testbed, 'n1'));
  });
  after(async () => {
    await session.release('remove');
    lonely.close();
    testbed.close();
  });

  async function enforce(...objects: readonly DesiredObject[]): Promise<void> {
    revision += 1;
    await session.apply(session.plan(full(revision, [OPEN, ...objects])));
    testbed.forgetConnections();
  }

  /** A workload that has an IPv4 address alone, whatever its namespace gave itself. */
  const workload = (name: string, address: string) => buildWorkload(name, address, { tiers });
  const WEB = workload('web', '10.65.0.2');
  const LONELY = workload('lonely', '10.65.0.9');

  async function ask(from: HostName, address: string): Promise<string> {
    const [result] = await testbed.probe([
      { from, destination: ip(address), destinationPort: PORT, protocol: TCP, isAnswerExpected: false },
    ]);
    return result?.outcome ?? 'nothing';
  }

  it('reaches everybody as long as nothing is in force', async () => {
    expect(await ask(API, IPV6.web)).to.equal('connected');
    expect(await ask(API, IPV6.node)).to.equal('connected');
    expect(await canConnect(lonely.pod, lonely.node)).to.equal(true);
  });

  it('lets no workload speak from an address that it gave itself', async () => {
    await enforce(buildSettings(), WEB, workload('api', '10.65.0.3'));
    expect(await ask(API, IPV6.web)).to.equal('timeout');
    expect(await ask(API, IPV6.node)).to.equal('timeout');
    expect(await ask(API, IPV6.client)).to.equal('timeout');
    expect(await ask(CLIENT, IPV6.api)).to.equal('timeout');
  });

  it('closes an interface of a workload that nothing names', async () => {
    await enforce(buildSettings(), WEB);
    expect(await ask(API, IPV6.node)).to.equal('timeout');
    expect(await ask(API, IPV6.client)).to.equal('timeout');
    expect(await canConnect(lonely.pod, lonely.node)).to.equal(false);
  });

  it('keeps link-local addresses of workloads from the host, unless it takes what they send', async () => {
    await enforce(buildSettings(), LONELY);
    expect(await canConnect(lonely.pod, lonely.node)).to.equal(false);
    await enforce(buildSettings({ endpointToHostAction: 'accept' }), LONELY);
    expect(await canConnect(lonely.pod, lonely.node)).to.equal(true);
    await enforce(buildSettings({ endpointToHostAction: 'accept' }), buildWorkload('lonely', '10.65.0.9'));
    expect(await canConnect(lonely.pod, lonely.node)).to.equal(false);
  });

  it('lets the host reach its workloads', async () => {
    await enforce(buildSettings(), LONELY);
    expect(await canConnect(lonely.node, lonely.pod)).to.equal(true);
  });

  it('holds host endpoints to their policies', async () => {
    expect(await ask(CLIENT, IPV6.node)).to.equal('connected');
    await enforce(buildSettings(), buildHostEndpoint('host', {}));
    expect(await ask(CLIENT, IPV6.node)).to.equal('timeout');
    expect(await ask(NODE, IPV6.client)).to.equal('timeout');
  });

  it('costs no IPv6 table when a policy or a service of IPv4 changes', async () => {
    await enforce(buildSettings(), WEB);
    const closed = { ...OPEN, ingress: [buildRule('deny')] };
    const plan = session.plan({
      revision: 100,
      scope: 'delta',
      isInSync: true,
      changes: [{ op: 'put', object: closed }],
    });
    expect(plan.program.restores.map(({ family }) => family)).to.deep.equal([4]);
  });
});
