import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  ICMP,
  ICMPV6,
  type InterfaceName,
  type IpAddress,
  type Protocol,
  parseIpAddress,
  parsePort,
  SCTP,
  TCP,
  UDP,
} from '@polyplane/core';
import { ConformanceError } from '../conformance-error';
import { describeUnless } from '../kit/skip';
import type { HostName, ProbeRequest } from '../prober/probe';
import { readTestbedObstacle } from './support';
import { createTestbed, type Testbed } from './testbed';
import type { TestbedPod, Topology } from './topology';

const ip = parseIpAddress;
const port = parsePort(80);

function pod(name: string, node: string, ...addresses: readonly IpAddress[]): TestbedPod {
  // Short names of letters are interface names.
  return { namespace: 'shop', name, node, addresses, interfaceName: `cali${name}` as InterfaceName };
}

const web = pod('web', 'n1', ip('10.65.0.2'), ip('fd00:65::2'));
const api = pod('api', 'n1', ip('10.65.0.3'), ip('fd00:65::3'));
const far = pod('far', 'n2', ip('10.65.1.2'), ip('fd00:65:1::2'));

const topology: Topology = {
  nodes: [
    { name: 'n1', addresses: [ip('172.18.0.2'), ip('fd00:18::2')], routedAddresses: [ip('192.0.2.80')] },
    { name: 'n2', addresses: [ip('172.18.0.3'), ip('fd00:18::3')], routedAddresses: [] },
  ],
  pods: [web, api, far],
  outsiders: [{ name: 'client', addresses: [ip('203.0.113.9'), ip('2001:db8::9')] }],
  ports: [
    { protocol: TCP, port },
    { protocol: UDP, port },
  ],
};

const WEB = 'pod:shop/web' as const;
const FAR = 'pod:shop/far' as const;
const CLIENT = 'outside:client' as const;

function request(from: HostName, destination: IpAddress, more: Partial<ProbeRequest> = {}): ProbeRequest {
  return { from, destination, destinationPort: port, protocol: TCP, isAnswerExpected: true, ...more };
}

describeUnless(readTestbedObstacle(), 'Testbed', () => {
  let testbed: Testbed;
  beforeEach(() => {
    testbed = createTestbed(topology);
  });
  afterEach(() => testbed.close());

  /** Who answered, and whom it saw; or the outcome. */
  async function ask(...requests: readonly ProbeRequest[]): Promise<readonly string[]> {
    const results = await testbed.probe(requests);
    return results.map((result) =>
      result.outcome === 'connected' ? `${result.by} saw ${result.seenSource}` : result.outcome,
    );
  }

  it('lets everybody reach everybody before a dataplane says otherwise, on TCP and UDP, IPv4 and IPv6', async () => {
    const machines: readonly (readonly [HostName, readonly IpAddress[]])[] = [
      [WEB, web.addresses],
      ['pod:shop/api', api.addresses],
      [FAR, far.addresses],
      ...topology.nodes.map((node) => [`node:${node.name}`, node.addresses] as const),
      [CLIENT, [ip('203.0.113.9'), ip('2001:db8::9')]],
    ];
    const pairs = machines.flatMap(([from, sources]) =>
      machines.flatMap(([to, destinations]) =>
        destinations.flatMap((destination, family) =>
          [TCP, UDP].map((protocol) => ({
            request: request(from, destination, { protocol }),
            // A machine that dials itself is seen from the address that it dialed.
            answer: `${to} saw ${from === to ? destination : sources[family]}`,
          })),
        ),
      ),
    );
    expect(await ask(...pairs.map((pair) => pair.request))).to.deep.equal(pairs.map((pair) => pair.answer));
  });

  it('tells a refused probe from one that nothing answers', async () => {
    const closed = parsePort(81);
    const nobody = ip('10.65.9.9');
    expect(
      await ask(
        request(CLIENT, ip('10.65.0.2'), { destinationPort: closed }),
        request(CLIENT, ip('10.65.0.2'), { destinationPort: closed, protocol: UDP }),
        request(CLIENT, nobody, { isAnswerExpected: false }),
        request(CLIENT, nobody, { isAnswerExpected: false, protocol: UDP }),
      ),
    ).to.deep.equal(['refused', 'refused', 'timeout', 'timeout']);
  });

  it('sends from the port that the probe names', async () => {
    const sourcePort = parsePort(2049);
    const [tcp, udp] = await testbed.probe([
      request(WEB, ip('10.65.1.2'), { sourcePort }),
      request(WEB, ip('10.65.1.2'), { sourcePort, protocol: UDP }),
    ]);
    const answer = {
      outcome: 'connected',
      by: FAR,
      at: { address: '10.65.1.2', port: 80 },
      seenSource: '10.65.0.2',
      seenPort: 2049,
    };
    expect([tcp, udp]).to.deep.equal([answer, answer]);
  });

  it('sends UDP from the port that its own host listens on', async () => {
    expect(await ask(request(WEB, ip('10.65.1.2'), { sourcePort: port, protocol: UDP }))).to.deep.equal([
      `${FAR} saw 10.65.0.2`,
    ]);
  });

  it('reaches a node by its loopback addresses from the node alone', async () => {
    expect(await ask(request('node:n1', ip('127.0.0.1')), request('node:n1', ip('::1')))).to.deep.equal([
      'node:n1 saw 127.0.0.1',
      'node:n1 saw ::1',
    ]);
  });

  it('says that it cannot send from an address that is not the sender’s', async () => {
    expect(await ask(request(WEB, ip('10.65.1.2'), { sourceAddress: ip('10.65.0.3') }))).to.deep.equal(['notSendable']);
  });

  it('speaks SCTP, ICMP echo, and protocols by their number, on IPv4 and IPv6', async () => {
    const plain = 253 as Protocol; // For experiments (RFC 3692).
    testbed.setPorts([{ protocol: SCTP, port }, { protocol: ICMP }, { protocol: ICMPV6 }, { protocol: plain }]);
    const hosts = [
      ['10.65.0.2', '10.65.1.2', ICMP],
      ['fd00:65::2', 'fd00:65:1::2', ICMPV6],
    ] as const;
    for (const [near, far, icmp] of hosts) {
      const to = { from: WEB, destination: ip(far), isAnswerExpected: true } as const;
      expect(
        await testbed.probe([
          { ...to, protocol: SCTP, destinationPort: port, sourcePort: parsePort(2049) },
          { ...to, protocol: icmp },
          { ...to, protocol: plain },
        ]),
      ).to.deep.equal([
        { outcome: 'connected', by: FAR, at: { address: far, port: 80 }, seenSource: near, seenPort: 2049 },
        { outcome: 'connected', by: FAR, at: { address: far }, seenSource: near },
        { outcome: 'connected', by: FAR, at: { address: far }, seenSource: near },
      ]);
    }
  });

  it('tells an answer from a question that crosses the probe’s own, by a protocol without ports', async () => {
    const protocol = 253 as Protocol;
    testbed.setPorts([{ protocol }]);
    const crossing = [
      { from: WEB, destination: ip('10.65.1.2'), protocol, isAnswerExpected: true },
      { from: FAR, destination: ip('10.65.0.2'), protocol, isAnswerExpected: true },
      { from: WEB, destination: ip('10.65.0.2'), protocol, isAnswerExpected: true },
    ] as const;
    expect(await ask(...crossing)).to.deep.equal([
      `${FAR} saw 10.65.0.2`,
      `${WEB} saw 10.65.1.2`,
      `${WEB} saw 10.65.0.2`,
    ]);
  });

  it('is refused where nobody listens on the protocol, or on the port of SCTP', async () => {
    testbed.setPorts([{ protocol: SCTP, port }]);
    const closed = parsePort(81);
    expect(
      await ask(
        request(WEB, ip('10.65.1.2'), { protocol: SCTP, destinationPort: closed }),
        request(WEB, ip('10.65.1.2'), { protocol: 253 as Protocol }),
        request(WEB, ip('10.65.9.9'), { protocol: SCTP, isAnswerExpected: false }),
      ),
    ).to.deep.equal(['refused', 'refused', 'timeout']);
  });

  it('refuses a probe from a host that it does not have', async () => {
    const error = await testbed.probe([request('pod:shop/nobody', ip('10.65.1.2'))]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ConformanceError).and.include({ code: 'PP_TESTBED_UNKNOWN_HOST' });
  });

  it('makes and removes pods while it runs', async () => {
    testbed.removePod('shop', 'far');
    expect(await ask(request(CLIENT, ip('10.65.1.2'), { isAnswerExpected: false }))).to.deep.equal(['timeout']);
    testbed.addPods([pod('new', 'n1', ip('10.65.1.2'))]);
    expect(await ask(request(CLIENT, ip('10.65.1.2')))).to.deep.equal(['pod:shop/new saw 203.0.113.9']);
  });

  it('moves a running pod to another address', async () => {
    testbed.setPodAddresses('shop', 'web', [ip('10.65.0.77')]);
    expect(
      await ask(
        request(CLIENT, ip('10.65.0.77')),
        request(WEB, ip('10.65.1.2')),
        request(CLIENT, ip('10.65.0.2'), { isAnswerExpected: false }),
      ),
    ).to.deep.equal([`${WEB} saw 203.0.113.9`, `${FAR} saw 10.65.0.77`, 'timeout']);
  });

  it('changes the ports that everybody listens on', async () => {
    const other = parsePort(8080);
    testbed.setPorts([{ protocol: TCP, port: other }]);
    expect(
      await ask(request(CLIENT, ip('10.65.0.2')), request(CLIENT, ip('10.65.0.2'), { destinationPort: other })),
    ).to.deep.equal(['refused', `${WEB} saw 203.0.113.9`]);
  });

  it('turns a node’s forwarding off and on', async () => {
    const throughNode = request(CLIENT, ip('10.65.1.2'));
    testbed.setForwarding('n2', false);
    const [stopped] = await testbed.probe([{ ...throughNode, isAnswerExpected: false }]);
    testbed.setForwarding('n2', true);
    const [passed] = await testbed.probe([throughNode]);
    expect([stopped?.outcome, passed?.outcome]).to.deep.equal(['timeout', 'connected']);
  });

  it('forgets tracked connections without complaint, tracked or not', () => {
    testbed.forgetConnections();
  });

  it('ends probes that are under way when it is closed', async () => {
    const pending = ask(request(CLIENT, ip('10.65.9.9')));
    testbed.close();
    expect(await pending).to.deep.equal(['timeout']);
  });

  it('leaves nothing open after a topology that cannot be', () => {
    const open = openNamespaces(process.pid);
    const broken: Topology = { ...topology, pods: [web, { ...api, interfaceName: web.interfaceName }] };
    expect(() => createTestbed(broken))
      .to.throw(ConformanceError, /calicaliweb|caliweb/)
      .with.property('code', 'PP_TESTBED_FAILED');
    expect(() => createTestbed({ ...topology, pods: [{ ...web, node: 'n9' }] }))
      .to.throw(ConformanceError)
      .with.property('code', 'PP_TESTBED_UNKNOWN_HOST');
    expect(openNamespaces(process.pid)).to.deep.equal(open);
  });

  it('touches no interface of the host', () => {
    const names = Object.keys(networkInterfaces());
    const second = createTestbed(topology);
    expect(Object.keys(networkInterfaces())).to.deep.equal(names);
    second.close();
    expect(Object.keys(networkInterfaces())).to.deep.equal(names);
  });

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    it(`is gone when its process is ended by ${signal}`, async () => {
      const child = spawn(process.execPath, [...process.execArgv, ...CHILD_ARGUMENTS], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await new Promise((resolve) => child.stdout.once('data', resolve));
        const namespaces = openNamespaces(child.pid ?? 0);
        expect(namespaces.size).to.be.greaterThan(2);
        const ended = new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
        child.kill(signal);
        expect(await ended).to.equal(signal);
        expect(namespacesInUse(namespaces)).to.deep.equal([]);
      } finally {
        child.kill('SIGKILL');
      }
    }).timeout(60_000); // The child loads the sources first.
  }
});

const CHILD_ARGUMENTS = [
  '--conditions=@polyplane/source',
  '-r',
  join(__dirname, '../../../../scripts/register.cjs'),
  '-e',
  `const { createTestbed } = require(${JSON.stringify(join(__dirname, 'testbed.ts'))});
   createTestbed({ nodes: [{ name: 'n1', addresses: [], routedAddresses: [] }], pods: [], outsiders: [{ name: 'c', addresses: [] }], ports: [] });
   process.stdout.write('made\\n');
   setInterval(() => undefined, 1000);`,
];

/** The network namespaces, by their kernel identity, that a process holds open or is in. */
function openNamespaces(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`;
  const links = existsSync(folder) ? readdirSync(folder).map((fd) => readLink(`${folder}/${fd}`)) : [];
  const own = readLink('/proc/self/ns/net');
  return new Set([...links, readLink(`/proc/${pid}/ns/net`)].filter((link) => link.startsWith('net:') && link !== own));
}

/** Those of the given namespaces that some process or mount still keeps alive. */
function namespacesInUse(namespaces: ReadonlySet<string>): readonly string[] {
  const used = new Set(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => [...openNamespaces(Number(pid))]),
  );
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  return [...namespaces].filter((namespace) => used.has(namespace) || mounts.includes(namespace));
}

/** Empty for what is gone or may not be read. */
function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
