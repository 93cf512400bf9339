import { expect } from 'chai';
import {
  createTestbed,
  type HostName,
  type ProbeRequest,
  readTestbedObstacle,
  type Testbed,
} from '@polyplane/conformance';
import {
  type DesiredObject,
  type InterfaceName,
  orderChanges,
  type Protocol,
  parseIpAddress,
  parsePort,
  SILENT_LOGGER,
  TCP,
  type Transition,
  UDP,
} from '@polyplane/core/backend';
import {
  buildFrontend,
  buildHostEndpoint,
  buildIpSet,
  buildPolicy,
  buildRule,
  buildService,
  buildServiceEndpoint,
  buildSettings,
  buildTier,
  buildWorkload,
  ipSetKey,
  nets,
  ports,
} from '@polyplane/core/testing';
import { IptablesBackend } from './backend';
import { commandRunner } from './kernel/exec';
import { VARIANTS } from './kernel/variant';
import type { IptablesSession } from './session';

const ip = parseIpAddress;
const WEB = 'pod:default/web';
const API = 'pod:default/api';
const FAR = 'pod:default/far';
const NODE = 'node:n1';
const CLIENT = 'outside:client';
const WEB_IP = '10.65.0.2';
const API_IP = '10.65.0.3';
const FAR_IP = '10.65.1.2';
const NODE_IP = '172.18.0.2';
const CLIENT_IP = '203.0.113.9';
const VIP = '10.96.0.10';
const EXTERNAL_IP = '192.0.2.80';
const WEB_IP6 = 'fd00:65::2';
const API_IP6 = 'fd00:65::3';
const FAR_IP6 = 'fd00:65:1::2';
const NODE_IP6 = 'fd00:18::2';
const CLIENT_IP6 = '2001:db8::9';
const VIP6 = 'fd00:96::10';

const SETTINGS = buildSettings({
  nodeName: 'n1',
  nodeAddresses: [ip(NODE_IP)],
  localDetector: { kind: 'cidrs', cidrs: nets('10.65.0.0/16') },
});

function pod(name: string, node: string, ...addresses: readonly string[]) {
  return { namespace: 'default', name, node, addresses: addresses.map(ip), interfaceName: interfaceOf(name) };
}

function interfaceOf(name: string): InterfaceName {
  // Short names of letters are interface names.
  return `cali-${name}` as InterfaceName;
}

/** A policy that lets everything through both ways. */
const OPEN = buildPolicy('open', { ingress: [buildRule('allow')], egress: [buildRule('allow')] });
const web = buildWorkload('web', WEB_IP, { tiers: [buildTier([OPEN])] });
const api = buildWorkload('api', API_IP, { tiers: [buildTier([OPEN])] });
const toWeb = buildServiceEndpoint(WEB_IP, 80, true);
const toFar = buildServiceEndpoint(FAR_IP, 80, false);

function full(revision: number, ...objects: readonly DesiredObject[]): Transition {
  return {
    revision,
    scope: 'full',
    isInSync: true,
    changes: orderChanges(objects.map((object) => ({ op: 'put', object }))),
  };
}

/** Runs a command on the node. */
async function runIn(testbed: Testbed, [command = '', ...args]: readonly string[]): Promise<void> {
  await commandRunner(testbed.networkNamespaceOf('n1'), 10).run(command, args);
}

const obstacle = readTestbedObstacle();
const describeKernel = obstacle === undefined ? describe : describe.skip;

for (const variant of VARIANTS) {
  describeKernel(`A session on iptables-${variant}${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
    let testbed: Testbed;
    let session: IptablesSession;
    let revision = 0;

    before(async () => {
      testbed = createTestbed({
        nodes: [
          { name: 'n1', addresses: [ip(NODE_IP), ip(NODE_IP6)], routedAddresses: [ip(EXTERNAL_IP)] },
          { name: 'n2', addresses: [ip('172.18.0.3'), ip('fd00:18::3')], routedAddresses: [] },
        ],
        pods: [pod('web', 'n1', WEB_IP, WEB_IP6), pod('api', 'n1', API_IP, API_IP6), pod('far', 'n2', FAR_IP, FAR_IP6)],
        outsiders: [{ name: 'client', addresses: [ip(CLIENT_IP), ip(CLIENT_IP6)] }],
        ports: [TCP, UDP].flatMap((protocol) => [80, 81].map((port) => ({ protocol, port: parsePort(port) }))),
      });
      session = await new IptablesBackend({ variant }).open({
        nodeName: 'n1',
        networkNamespace: testbed.networkNamespaceOf('n1'),
        logger: SILENT_LOGGER,
      });
    });
    after(async () => {
      await session.release('remove');
      testbed.close();
    });

    /** Puts exactly these objects into force, with the settings. */
    async function enforce(...objects: readonly DesiredObject[]): Promise<void> {
      revision += 1;
      await session.apply(session.plan(full(revision, SETTINGS, ...objects)));
      testbed.forgetConnections();
    }

    /** Who answered whom, or what came instead. */
    async function ask(from: HostName, to: string, more: Partial<ProbeRequest> = {}): Promise<string> {
      const [, six, four, port = '80'] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(to) ?? [];
      const address = six ?? four ?? '';
      const [result] = await testbed.probe([
        {
          from,
          destination: ip(address),
          destinationPort: parsePort(Number(port)),
          protocol: TCP,
          isAnswerExpected: false,
          ...more,
        },
      ]);
      if (result === undefined) return 'nothing';
      return result.outcome === 'connected' ? `${result.by} saw ${result.seenSource}` : result.outcome;
    }

    const both = async (from: HostName, to: string): Promise<readonly string[]> => [
      await ask(from, to),
      await ask(from, to, { protocol: UDP }),
    ];

    describe('services', () => {
      const clusterIp = (protocol: Protocol) =>
        buildService(`vip${protocol}`, [buildFrontend('clusterIp', 8000, VIP)], [toWeb], { protocol });

      it('sends a cluster IP to an endpoint and keeps the address of a pod of this node', async () => {
        await enforce(OPEN, web, api, clusterIp(TCP), clusterIp(UDP));
        expect(await both(API, `${VIP}:8000`)).to.deep.equal([`${WEB} saw ${API_IP}`, `${WEB} saw ${API_IP}`]);
      });

      it('translates the source of the host, whose address is none of the pods’', async () => {
        await enforce(OPEN, web, api, clusterIp(TCP));
        expect(await ask(NODE, `${VIP}:8000`)).to.equal(`${WEB} saw ${NODE_IP}`);
      });

      it('lets a pod reach itself through its own service', async () => {
        await enforce(OPEN, web, api, clusterIp(TCP));
        expect(await ask(WEB, `${VIP}:8000`)).to.equal(`${WEB} saw ${NODE_IP}`);
      });

      it('balances over all endpoints', async () => {
        await enforce(OPEN, web, api, buildService('two', [buildFrontend('clusterIp', 8000, VIP)], [toWeb, toFar]));
        const seen = new Set<string>();
        for (let round = 0; round < 40 && seen.size < 2; round++) seen.add(await ask(API, `${VIP}:8000`));
        expect([...seen].sort()).to.deep.equal([`${FAR} saw ${API_IP}`, `${WEB} saw ${API_IP}`]);
      });

      it('keeps a client with its endpoint when affinity is wanted', async () => {
        const options = { affinityTimeoutSeconds: 60 };
        await enforce(
          OPEN,
          web,
          api,
          buildService('two', [buildFrontend('clusterIp', 8000, VIP)], [toWeb, toFar], options),
        );
        const seen = new Set<string>();
        for (let round = 0; round < 12; round++) seen.add(await ask(API, `${VIP}:8000`));
        expect(seen.size).to.equal(1);
      });

      it('refuses a frontend without any endpoint with an ICMP error', async () => {
        await enforce(
          OPEN,
          web,
          api,
          buildService('none', [buildFrontend('clusterIp', 8000, VIP), buildFrontend('nodePort', 30080)], []),
        );
        expect(await ask(API, `${VIP}:8000`)).to.equal('refused');
        expect(await ask(NODE, `${VIP}:8000`)).to.equal('refused');
        expect(await ask(CLIENT, `${NODE_IP}:30080`)).to.equal('refused');
      });

      it('drops what only endpoints elsewhere could serve', async () => {
        const local = { trafficPolicy: 'local' } as const;
        await enforce(
          OPEN,
          web,
          api,
          buildService(
            'elsewhere',
            [buildFrontend('nodePort', 30080, undefined, local), buildFrontend('externalIp', 8000, EXTERNAL_IP, local)],
            [toFar],
          ),
        );
        expect(await ask(CLIENT, `${NODE_IP}:30080`)).to.equal('timeout');
        expect(await ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal('timeout');
        // Pods and the node itself are served by the whole cluster.
        expect(await ask(API, `${EXTERNAL_IP}:8000`)).to.equal(`${FAR} saw ${API_IP}`);
        expect(await ask(NODE, `${EXTERNAL_IP}:8000`)).to.equal(`${FAR} saw ${NODE_IP}`);
      });

      it('answers on node ports at the node’s addresses and on localhost, with the source translated', async () => {
        await enforce(OPEN, web, api, buildService('np', [buildFrontend('nodePort', 30080)], [toWeb]));
        expect(await ask(CLIENT, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${NODE_IP}`);
        expect(await ask(NODE, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${NODE_IP}`);
        expect(await ask(NODE, '127.0.0.1:30080')).to.match(new RegExp(`^${WEB} saw `));
        expect(await ask(API, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${NODE_IP}`);
      });

      it('forwards a node port to another node, and the answer finds its way back', async () => {
        await enforce(OPEN, web, api, buildService('np', [buildFrontend('nodePort', 30080)], [toFar]));
        expect(await ask(CLIENT, `${NODE_IP}:30080`)).to.equal(`${FAR} saw ${NODE_IP}`);
      });

      it('keeps the client’s address under traffic policy Local', async () => {
        const local = { trafficPolicy: 'local' } as const;
        await enforce(
          OPEN,
          web,
          api,
          buildService(
            'local',
            [
              buildFrontend('nodePort', 30080, undefined, local),
              buildFrontend('loadBalancerIp', 8000, EXTERNAL_IP, local),
            ],
            [toWeb, toFar],
          ),
        );
        expect(await ask(CLIENT, `${NODE_IP}:30080`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
        expect(await ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
      });

      it('admits to a load-balancer address only its source ranges', async () => {
        const balancer = (range: string) =>
          buildService(
            'lb',
            [buildFrontend('loadBalancerIp', 8000, EXTERNAL_IP, { sourceRanges: nets(range) })],
            [toWeb],
          );
        await enforce(OPEN, web, api, balancer('203.0.113.0/24'));
        expect(await ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal(`${WEB} saw ${NODE_IP}`);
        await enforce(OPEN, web, api, balancer('198.51.100.0/24'));
        expect(await ask(CLIENT, `${EXTERNAL_IP}:8000`)).to.equal('timeout');
      });

      it('takes a UDP flow that goes on from an endpoint that went to the one that is there', async () => {
        const at = (endpoint: typeof toWeb) =>
          buildService('dns', [buildFrontend('clusterIp', 8000, VIP)], [endpoint], { protocol: UDP });
        const flow = { protocol: UDP, sourcePort: parsePort(5353) };
        await enforce(OPEN, web, api, at(toWeb));
        expect(await ask(API, `${VIP}:8000`, flow)).to.equal(`${WEB} saw ${API_IP}`);
        await session.apply(session.plan(full(++revision, SETTINGS, OPEN, web, api, at(toFar))));
        expect(await ask(API, `${VIP}:8000`, flow)).to.equal(`${FAR} saw ${API_IP}`);
      });
    });

    describe('policy', () => {
      it('closes a workload that has neither policy nor profile, and opens nothing else', async () => {
        await enforce(OPEN, buildWorkload('web', WEB_IP), api);
        expect(await ask(API, WEB_IP)).to.equal('timeout');
        expect(await ask(WEB, FAR_IP)).to.equal('timeout');
        expect(await ask(API, FAR_IP)).to.equal(`${FAR} saw ${API_IP}`);
      });

      it('closes an interface of a workload that nothing names', async () => {
        await enforce(OPEN, api);
        expect(await ask(API, WEB_IP)).to.equal('timeout');
        expect(await ask(WEB, API_IP)).to.equal('timeout');
        expect(await ask(WEB, NODE_IP)).to.equal('timeout');
      });

      it('judges both ends of a packet between two workloads of the node', async () => {
        const onlyEgress = buildPolicy('half', { egress: [buildRule('allow')], ingress: [buildRule('deny')] });
        await enforce(OPEN, onlyEgress, buildWorkload('web', WEB_IP, { tiers: [buildTier([onlyEgress])] }), api);
        expect(await ask(WEB, API_IP)).to.equal(`${API} saw ${WEB_IP}`);
        expect(await ask(API, WEB_IP)).to.equal('timeout');
      });

      it('matches ports, sets and their negation', async () => {
        const members = buildIpSet('friends', 'net', [FAR_IP]);
        const named = buildIpSet('named', 'addressPort', [`${WEB_IP},tcp:81`]);
        const policy = buildPolicy('web-in', {
          ingress: [
            buildRule('allow', {
              protocol: TCP,
              source: { ipSets: [ipSetKey('friends')] },
              destination: { ports: ports(80) },
            }),
            buildRule('allow', {
              source: { notIpSets: [ipSetKey('friends')] },
              destination: { namedPorts: [ipSetKey('named')] },
            }),
          ],
        });
        await enforce(
          OPEN,
          members,
          named,
          policy,
          buildWorkload('web', WEB_IP, { tiers: [buildTier([policy])] }),
          api,
        );
        expect(await both(FAR, `${WEB_IP}:80`)).to.deep.equal([`${WEB} saw ${FAR_IP}`, 'timeout']);
        expect(await ask(FAR, `${WEB_IP}:81`)).to.equal('timeout');
        expect(await ask(API, `${WEB_IP}:80`)).to.equal('timeout');
        expect(await both(API, `${WEB_IP}:81`)).to.deep.equal([`${WEB} saw ${API_IP}`, 'timeout']);
      });

      it('goes from tier to tier on pass, and stops at the first that decides', async () => {
        const first = buildPolicy('first', {
          ingress: [
            buildRule('pass', { protocol: TCP, destination: { ports: ports(80) } }),
            buildRule('allow', {
              protocol: TCP,
              destination: { ports: ports([81, 90], [100, 200]), notPorts: ports(82) },
            }),
          ],
        });
        const second = buildPolicy('second', {
          ingress: [buildRule('allow', { source: { nets: nets(`${API_IP}/32`) } })],
        });
        const tiers = [buildTier([first], { name: 'a' }), buildTier([second], { name: 'b' })];
        await enforce(OPEN, first, second, buildWorkload('web', WEB_IP, { tiers }), api);
        expect(await both(API, `${WEB_IP}:80`)).to.deep.equal([`${WEB} saw ${API_IP}`, 'timeout']);
        expect(await ask(FAR, `${WEB_IP}:80`)).to.equal('timeout');
        expect(await ask(FAR, `${WEB_IP}:81`)).to.equal(`${WEB} saw ${FAR_IP}`);
      });

      it('drops spoofed packets', async () => {
        await enforce(
          OPEN,
          buildWorkload('web', '10.65.0.99', { interfaceName: interfaceOf('web'), tiers: web.tiers }),
          api,
        );
        expect(await ask(WEB, FAR_IP)).to.equal('timeout');
      });

      it('lets the host reach its workloads, and keeps workloads from the host unless told otherwise', async () => {
        const closed = buildWorkload('web', WEB_IP);
        await enforce(OPEN, closed, api);
        expect(await ask(NODE, WEB_IP)).to.match(new RegExp(`^${WEB} saw `));
        expect(await ask(API, NODE_IP)).to.equal('timeout');
        revision += 1;
        const settings = { ...SETTINGS, endpointToHostAction: 'return' } as const;
        await session.apply(session.plan(full(revision, settings, OPEN, closed, api)));
        expect(await ask(API, NODE_IP)).to.equal(`${NODE} saw ${API_IP}`);
        expect(await ask(WEB, NODE_IP)).to.equal('timeout');
      });

      it('judges a service by the endpoint that it leads to', async () => {
        const policy = buildPolicy('api-out', {
          egress: [buildRule('allow', { destination: { nets: nets(`${FAR_IP}/32`) } })],
        });
        const service = (name: string, address: string, endpoint: typeof toWeb) =>
          buildService(name, [buildFrontend('clusterIp', 8000, address)], [endpoint]);
        await enforce(
          OPEN,
          policy,
          web,
          buildWorkload('api', API_IP, { tiers: [buildTier([policy])] }),
          service('web', VIP, toWeb),
          service('far', '10.96.0.11', toFar),
        );
        expect(await ask(API, `${VIP}:8000`)).to.equal('timeout');
        expect(await ask(API, '10.96.0.11:8000')).to.equal(`${FAR} saw ${API_IP}`);
      });
    });

    describe('established flows', () => {
      const closed = buildPolicy('open', { ingress: [buildRule('deny')], egress: [buildRule('allow')] });
      const flow = { protocol: UDP, sourcePort: parsePort(5353) };

      it('go on when a policy changes', async () => {
        await enforce(OPEN, web, api);
        expect(await ask(API, WEB_IP, flow)).to.equal(`${WEB} saw ${API_IP}`);
        await session.apply(session.plan(full(++revision, SETTINGS, closed, web, api)));
        expect(await ask(API, WEB_IP, flow)).to.equal(`${WEB} saw ${API_IP}`);
        expect(await ask(API, WEB_IP)).to.equal('timeout');
      });

      it('are judged anew when that is wanted', async () => {
        const cutting = await new IptablesBackend({ variant, establishedOnPolicyChange: 'cut' }).open({
          nodeName: 'n1',
          networkNamespace: testbed.networkNamespaceOf('n1'),
          logger: SILENT_LOGGER,
        });
        await cutting.apply(cutting.plan(full(1, SETTINGS, OPEN, web, api)));
        testbed.forgetConnections();
        expect(await ask(API, WEB_IP, flow)).to.equal(`${WEB} saw ${API_IP}`);
        await cutting.apply(cutting.plan(full(2, SETTINGS, closed, web, api)));
        expect(await ask(API, WEB_IP, flow)).to.equal('timeout');
        await cutting.release('leave');
        await session.audit();
      });

      it('of UDP are taken from endpoints that went while no session was there', async () => {
        const at = (endpoint: typeof toWeb) =>
          buildService('dns', [buildFrontend('clusterIp', 8000, VIP)], [endpoint], { protocol: UDP });
        await enforce(OPEN, web, api, at(toWeb));
        expect(await ask(API, `${VIP}:8000`, flow)).to.equal(`${WEB} saw ${API_IP}`);
        const next = await new IptablesBackend({ variant }).open({
          nodeName: 'n1',
          networkNamespace: testbed.networkNamespaceOf('n1'),
          logger: SILENT_LOGGER,
        });
        await next.apply(next.plan(full(1, SETTINGS, OPEN, web, api, at(toFar))));
        expect(await ask(API, `${VIP}:8000`, flow)).to.equal(`${FAR} saw ${API_IP}`);
        await next.release('leave');
        await session.audit();
      });
    });

    describe('IPv6', () => {
      const web6 = buildWorkload('web', [WEB_IP, WEB_IP6], { tiers: web.tiers });
      const api6 = buildWorkload('api', [API_IP, API_IP6], { tiers: api.tiers });
      const toWeb6 = buildServiceEndpoint(WEB_IP6, 80, true);

      it('is policed like IPv4', async () => {
        const onlyFar = buildPolicy('far', {
          ingress: [buildRule('allow', { source: { nets: nets(`${FAR_IP6}/128`) } })],
          egress: [buildRule('allow')],
        });
        await enforce(OPEN, onlyFar, buildWorkload('web', [WEB_IP, WEB_IP6], { tiers: [buildTier([onlyFar])] }), api6);
        expect(await ask(FAR, `[${WEB_IP6}]:80`)).to.equal(`${WEB} saw ${FAR_IP6}`);
        expect(await both(API, `[${WEB_IP6}]:80`)).to.deep.equal(['timeout', 'timeout']);
        expect(await ask(WEB, `[${API_IP6}]:80`)).to.equal(`${API} saw ${WEB_IP6}`);
      });

      it('has services: cluster IP, node port, none', async () => {
        await enforce(
          OPEN,
          web6,
          api6,
          buildService('six', [buildFrontend('clusterIp', 8000, VIP6), buildFrontend('nodePort', 30080)], [toWeb6], {
            family: 6,
          }),
          buildService('none', [buildFrontend('clusterIp', 8001, VIP6)], [], { family: 6 }),
        );
        expect(await ask(API, `[${VIP6}]:8000`)).to.equal(`${WEB} saw ${API_IP6}`);
        expect(await ask(WEB, `[${VIP6}]:8000`)).to.equal(`${WEB} saw ${NODE_IP6}`);
        expect(await ask(CLIENT, `[${NODE_IP6}]:30080`)).to.equal(`${WEB} saw ${NODE_IP6}`);
        // The error comes while `connect` still holds the socket, so it is the second SYN that is refused.
        expect(await ask(API, `[${VIP6}]:8001`, { isAnswerExpected: true })).to.equal('refused');
      });

      it('lets workloads find their neighbours, and closes the host to them', async () => {
        await enforce(OPEN, web6, api6);
        await runIn(testbed, ['ip', '-6', 'neighbour', 'flush', 'all']);
        expect(await ask(API, `[${WEB_IP6}]:80`)).to.equal(`${WEB} saw ${API_IP6}`);
        expect(await ask(API, `[${NODE_IP6}]:80`)).to.equal('timeout');
      });
    });

    describe('host endpoints', () => {
      const onUplink = { scope: { kind: 'interface', interfaceName: 'eth0' as InterfaceName } } as const;
      const allow80 = buildPolicy('host-80', {
        ingress: [buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } })],
        egress: [buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } })],
      });
      const nodePort = buildService('np', [buildFrontend('nodePort', 30080)], [toWeb]);

      it('closes the host’s own traffic but for what a policy allows, and not what the host forwards', async () => {
        await enforce(
          OPEN,
          allow80,
          web,
          api,
          buildHostEndpoint('host', { ...onUplink, tiers: [buildTier([allow80])] }),
        );
        expect(await ask(CLIENT, NODE_IP)).to.equal(`${NODE} saw ${CLIENT_IP}`);
        expect(await ask(CLIENT, `${NODE_IP}:81`)).to.equal('timeout');
        expect(await ask(NODE, CLIENT_IP)).to.equal(`${CLIENT} saw ${NODE_IP}`);
        expect(await ask(NODE, `${CLIENT_IP}:81`)).to.equal('timeout');
        expect(await ask(CLIENT, `${WEB_IP}:81`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
        expect(await ask(NODE, `${WEB_IP}:81`)).to.match(new RegExp(`^${WEB} saw `));
      });

      it('finds the interface by its expected address', async () => {
        const expected = { scope: { kind: 'addresses' }, expectedAddresses: [ip(NODE_IP)] } as const;
        await enforce(OPEN, web, api, buildHostEndpoint('host', expected));
        expect(await ask(CLIENT, NODE_IP)).to.equal('timeout');
      });

      it('keeps failsafe ports open', async () => {
        const settings = {
          ...SETTINGS,
          failsafeInbound: [{ protocol: TCP, ports: { first: parsePort(81), last: parsePort(81) } }],
          failsafeOutbound: [{ protocol: UDP, ports: { first: parsePort(80), last: parsePort(80) } }],
        };
        revision += 1;
        await session.apply(session.plan(full(revision, settings, web, buildHostEndpoint('host', onUplink))));
        testbed.forgetConnections();
        expect(await ask(CLIENT, `${NODE_IP}:81`)).to.equal(`${NODE} saw ${CLIENT_IP}`);
        expect(await ask(CLIENT, `${NODE_IP}:80`)).to.equal('timeout');
        expect(await both(NODE, CLIENT_IP)).to.deep.equal(['timeout', `${CLIENT} saw ${NODE_IP}`]);
      });

      it('judges what the host forwards by forward policies, on every interface if so wanted', async () => {
        const host = buildHostEndpoint('host', { forwardTiers: [buildTier([allow80])], tiers: [buildTier([OPEN])] });
        await enforce(OPEN, allow80, web, api, host);
        expect(await ask(CLIENT, `${WEB_IP}:80`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
        expect(await ask(CLIENT, `${WEB_IP}:81`)).to.equal('timeout');
        expect(await ask(API, `${WEB_IP}:81`)).to.equal('timeout');
        expect(await ask(CLIENT, `${NODE_IP}:81`)).to.equal(`${NODE} saw ${CLIENT_IP}`);
      });

      it('does not let a forward policy open a closed workload', async () => {
        await enforce(
          OPEN,
          buildWorkload('web', WEB_IP),
          buildHostEndpoint('host', { forwardTiers: [buildTier([OPEN])] }),
        );
        expect(await ask(CLIENT, WEB_IP)).to.equal('timeout');
      });

      it('judges by pre-DNAT policy what the client dialed', async () => {
        const preDnat = buildPolicy(
          'pre',
          {
            ingress: [
              buildRule('allow', { protocol: TCP, destination: { ports: ports(81) } }),
              buildRule('deny', { protocol: TCP, destination: { ports: ports(30080, 80) } }),
            ],
          },
          { stage: 'preDnat' },
        );
        await enforce(
          OPEN,
          preDnat,
          nodePort,
          web,
          api,
          buildHostEndpoint('host', { ...onUplink, preDnatTiers: [buildTier([preDnat])] }),
        );
        expect(await ask(CLIENT, `${NODE_IP}:30080`)).to.equal('timeout');
        expect(await ask(CLIENT, `${WEB_IP}:80`)).to.equal('timeout');
        // What a pre-DNAT policy allows, the host's (here closed) normal policy is not asked about.
        expect(await ask(CLIENT, `${NODE_IP}:81`)).to.equal(`${NODE} saw ${CLIENT_IP}`);
        expect(await ask(CLIENT, `${WEB_IP}:81`)).to.equal(`${WEB} saw ${CLIENT_IP}`);
      });

      it('takes untracked traffic past connection tracking, both ways', async () => {
        const untracked = buildPolicy(
          'untracked',
          {
            ingress: [
              buildRule('allow', { protocol: TCP, destination: { ports: ports(80) } }),
              buildRule('deny', { protocol: UDP }),
            ],
            egress: [buildRule('allow', { protocol: TCP, source: { ports: ports(80) } })],
          },
          { stage: 'untracked' },
        );
        await enforce(
          OPEN,
          untracked,
          web,
          api,
          buildHostEndpoint('host', { ...onUplink, untrackedTiers: [buildTier([untracked])] }),
        );
        expect(await both(CLIENT, NODE_IP)).to.deep.equal([`${NODE} saw ${CLIENT_IP}`, 'timeout']);
        expect(await ask(CLIENT, `${NODE_IP}:81`)).to.equal('timeout');
      });
    });
  });
}
