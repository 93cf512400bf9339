import { expect } from 'chai';
import { filter, firstValueFrom, map } from 'rxjs';
import { createTestbed, podHost, type Testbed } from '@polyplane/conformance';
import { type FlowRecord, parseIpAddress, parsePort, SILENT_LOGGER, TCP } from '@polyplane/core/backend';
import {
  buildPolicy,
  buildRule,
  buildSettings,
  buildTier,
  buildWorkload,
  nets,
  ports,
  stateOf,
} from '@polyplane/core/testing';
import { EbpfBackend } from '../backend';
import type { EbpfSession } from '../session';
import { describeOnKernel, mountBpf, unmountBpf } from '../testing/on-kernel';

const SERVER = { namespace: 'default', name: 'server', address: parseIpAddress('10.0.0.2') };
const CLIENT = { namespace: 'default', name: 'client', address: parseIpAddress('10.0.0.3') };
const OPEN_PORT = parsePort(80);
const CLOSED_PORT = parsePort(81);

const POLICY = buildPolicy('server', {
  ingress: [
    buildRule('allow', {
      protocol: TCP,
      source: { nets: nets('10.0.0.0/24') },
      destination: { ports: ports(OPEN_PORT) },
    }),
    buildRule('deny'),
  ],
});
const ALLOW_ALL = buildPolicy('all', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });

describeOnKernel('flows that the eBPF programs tell of', () => {
  let testbed: Testbed;
  let bpfFileSystem: string;
  let session: EbpfSession;

  /** The first of the state's tiers that has a policy for a direction decides. */
  const workload = ({ name, address }: typeof SERVER, policies: Parameters<typeof buildTier>[0]) =>
    buildWorkload(name, address, { tiers: [buildTier(policies)] });

  before(async () => {
    const pods = [SERVER, CLIENT].map(({ namespace, name, address }) => ({
      namespace,
      name,
      node: 'node-1',
      addresses: [address],
      interfaceName: buildWorkload(name, address).interfaceName,
    }));
    testbed = createTestbed({
      nodes: [{ name: 'node-1', addresses: [parseIpAddress('192.168.0.1')], routedAddresses: [] }],
      pods,
      outsiders: [],
      ports: [OPEN_PORT, CLOSED_PORT].map((port) => ({ protocol: TCP, port })),
    });
    bpfFileSystem = mountBpf();
    const backend = new EbpfBackend({ bpfFileSystem, isUnfinished: true, eventsPerSecond: 10_000 });
    session = await backend.open({
      nodeName: 'node-1',
      networkNamespace: testbed.networkNamespaceOf('node-1'),
      logger: SILENT_LOGGER,
    });
    // The server's own packets are nobody's matter here.
    const state = stateOf(
      buildSettings(),
      POLICY,
      ALLOW_ALL,
      {
        ...workload(SERVER, [POLICY]),
        tiers: [
          { ...buildTier([POLICY]), egress: [] },
          { ...buildTier([ALLOW_ALL]), ingress: [] },
        ],
      },
      workload(CLIENT, [ALLOW_ALL]),
    );
    await session.apply(session.plan(state.toTransition(1, true)));
  });

  after(async () => {
    await session.release('remove');
    testbed.close();
    unmountBpf(bpfFileSystem);
  });

  for (const [verdict, port, interfaceName, rule] of [
    ['allow', OPEN_PORT, 'cali-client', ALLOW_ALL.egress[0]],
    ['deny', CLOSED_PORT, 'cali-server', POLICY.ingress[1]],
  ] as const) {
    it(`name ends, interface and rule of a real connection: ${verdict}`, async () => {
      const isOurs = (flow: FlowRecord): boolean =>
        flow.verdict === verdict && flow.destination.port === port && flow.interfaceName === interfaceName;
      const told = firstValueFrom(
        session.events$.pipe(
          filter((event) => event.type === 'flow'),
          map(({ flow }) => flow),
          filter(isOurs),
        ),
      );
      await testbed.probe([
        {
          from: podHost(CLIENT),
          destination: SERVER.address,
          destinationPort: port,
          protocol: TCP,
          isAnswerExpected: false,
        },
      ]);
      const flow = await told;
      expect(flow).to.deep.include({ verdict, protocol: TCP, rule: rule?.origin });
      expect(flow.source.address).to.equal(CLIENT.address);
      expect(flow.destination.address).to.equal(SERVER.address);
    });
  }
});
