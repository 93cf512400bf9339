import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CoreError } from '@polyplane/core';
import { SimulatorBackend } from '@polyplane/core/simulator';
import { FakeBackend } from '@polyplane/core/testing';
import { describeUnless } from '../kit/skip';
import { BUNDLED_SUITES_FOLDER } from '../suites/bundled-suites';
import { loadSuite, loadSuites } from '../suites/load-suites';
import type { Suite } from '../suites/suite';
import { readTestbedObstacle } from '../testbed/support';
import { runSuites } from './run-suites';

const CLUSTER = `
node: n1
manifests:
- {apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: [{type: InternalIP, address: 172.18.0.2}]}}
- {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop, labels: {app: web}}
  spec: {nodeName: n1, containers: [{name: c, image: i}]}
  status: {phase: Running, podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: db, namespace: shop, labels: {app: db}}
  spec: {nodeName: n1, containers: [{name: c, image: i}]}
  status: {phase: Running, podIP: 10.0.0.3, podIPs: [{ip: 10.0.0.3}]}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: closed, namespace: shop}
  spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
`;

const TWO_PROBES = `
probes:
- {name: in, from: {pod: shop/web}, to: {pod: shop/db, port: 80}, expect: {verdict: deny}}
- {name: out, from: {pod: shop/db}, to: {pod: shop/web, port: 80}, expect: {verdict: allow}}
`;

function suiteOf(text: string, id = 'shop'): Suite {
  const folder = mkdtempSync(join(tmpdir(), 'polyplane-suites-'));
  try {
    const file = join(folder, 'suite.yaml');
    writeFileSync(file, `id: ${id}\n${text}`);
    return loadSuite(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('runSuites on the simulator', () => {
  const backend = new SimulatorBackend();

  it('reports each probe with what was expected and what came', async () => {
    expect(await runSuites({ suites: [suiteOf(CLUSTER + TWO_PROBES)], backend })).to.deep.equal({
      suites: [
        {
          id: 'shop',
          backend: 'simulator',
          probes: [
            { name: 'in', result: 'pass', expected: 'deny', got: 'deny, to 10.0.0.3:80, not masqueraded', reason: '' },
            {
              name: 'out',
              result: 'pass',
              expected: 'allow',
              got: 'allow, to 10.0.0.2:80, not masqueraded',
              reason: '',
            },
          ],
        },
      ],
      passed: 2,
      failed: 0,
      skipped: 0,
    });
  });

  it('fails a wrong expectation, and names the object that decided', async () => {
    const { suites, failed } = await runSuites({
      suites: [suiteOf(CLUSTER + TWO_PROBES.replace('verdict: deny', 'verdict: allow'))],
      backend,
    });
    expect(failed).to.equal(1);
    const [probe] = suites[0]?.probes ?? [];
    expect(probe).to.include({ name: 'in', result: 'fail', expected: 'allow' });
    expect(probe?.reason)
      .to.match(/^verdict is deny\n/)
      .and.to.contain('NetworkPolicy closed');
  });

  it('does not take a rejection for a drop, but takes either where a matrix says that nothing connects', async () => {
    const rejecting = `${CLUSTER}
- {apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], ports: [{port: 80}]}}
probes:
- {name: reject, from: {pod: shop/web}, to: {ip: 10.96.0.1, port: 80}, expect: {verdict: reject}}
- {name: deny, from: {pod: shop/web}, to: {ip: 10.96.0.1, port: 80}, expect: {verdict: deny}}
matrices:
- {port: 80, columns: shop/web shop/db, rows: {shop/web: ',X'}}`;
    const { suites } = await runSuites({ suites: [suiteOf(rejecting)], backend });
    expect(suites[0]?.probes.map(({ result }) => result)).to.deep.equal(['pass', 'fail', 'pass']);
  });

  it('judges translation and masquerade', async () => {
    const service = (expected: string): string => `${CLUSTER}
- {apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], ports: [{port: 80, targetPort: 8080}]}}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: s-1, namespace: shop, labels: {kubernetes.io/service-name: s}}
  addressType: IPv4
  ports: [{name: '', port: 8080, protocol: TCP}]
  endpoints: [{addresses: [10.0.0.2], nodeName: n1}]
probes:
- {from: {pod: shop/db}, to: {ip: 10.96.0.1, port: 80}, expect: {${expected}}}`;
    const right = "verdict: allow, dnatTo: ['10.0.0.2:8080'], snat: false";
    const wrong = [
      "dnatTo: ['10.0.0.2:80']",
      "dnatTo: ['10.0.0.2:8080', '10.0.0.3:8080']",
      'snat: true',
      'untouched: true',
    ];
    const { suites } = await runSuites({ suites: [right, ...wrong].map((text) => suiteOf(service(text))), backend });
    expect(suites.map(({ probes }) => probes[0]?.result)).to.deep.equal(['pass', 'fail', 'fail', 'fail', 'fail']);
  });

  it('judges session affinity', async () => {
    const service = (affinity: string, expected: string): string => `${CLUSTER}
- {apiVersion: v1, kind: Service, metadata: {name: s, namespace: shop}, spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], sessionAffinity: ${affinity}, ports: [{port: 80}]}}
- apiVersion: discovery.k8s.io/v1
  kind: EndpointSlice
  metadata: {name: s-1, namespace: shop, labels: {kubernetes.io/service-name: s}}
  addressType: IPv4
  ports: [{name: '', port: 80, protocol: TCP}]
  endpoints: [{addresses: [10.0.0.2], nodeName: n1}]
probes:
- {from: {pod: shop/db}, to: {ip: 10.96.0.1, port: 80}, expect: {affinity: {type: ClientIP, timeoutSeconds: ${expected}}}}`;
    const cases = [service('ClientIP', '10800'), service('ClientIP', '7'), service('None', '10800')];
    const { suites } = await runSuites({ suites: cases.map((text) => suiteOf(text)), backend });
    expect(suites.map(({ probes }) => probes[0]?.result)).to.deep.equal(['pass', 'fail', 'fail']);
  });

  it('judges facts of the desired state, and skips those that it does not say', async () => {
    const facts = 'facts: {servicePortCount: 0, servicesWithLocalReadyEndpoints: [shop/web], phaseOfTheMoon: full}';
    const { suites } = await runSuites({ suites: [suiteOf(CLUSTER + facts)], backend });
    expect(suites[0]?.probes.map(({ name, result, got }) => [name, result, got])).to.deep.equal([
      ['fact servicePortCount', 'pass', '0'],
      ['fact servicesWithLocalReadyEndpoints', 'fail', '[]'],
      ['fact phaseOfTheMoon', 'skip', ''],
    ]);
  });

  it('judges of two states which UDP flows the way from one to the other leaves stale', async () => {
    const state = (...endpoints: readonly string[]): string =>
      `{manifests: [{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4,
        metadata: {name: s-1, namespace: shop, labels: {kubernetes.io/service-name: s}},
        ports: [{name: dns, protocol: UDP, port: 53}], endpoints: [${endpoints.map((ip) => `{addresses: [${ip}]}`)}]}]`;
    const isStale = async (before: string, after: string) => {
      const text = `before: ${before}, endpoints: {}}\nafter: ${after}, udpConntrackCleanup: true}`;
      const { suites } = await runSuites({ suites: [suiteOf(text)], backend });
      return suites[0]?.probes.find(({ name }) => name.includes('udpConntrackCleanup'))?.got;
    };
    expect(await isStale(state('10.0.0.1'), state('10.0.0.1'))).to.equal('false');
    expect(await isStale(state('10.0.0.1'), state('10.0.0.1', '10.0.0.2'))).to.equal('false');
    expect(await isStale(state('10.0.0.1', '10.0.0.2'), state('10.0.0.1'))).to.equal('true');
    expect(await isStale(state(), state('10.0.0.1'))).to.equal('true');
  });

  it('judges whether the dataplane itself keeps foreign packets from loopback', async () => {
    const guarded = async (settings: string) => {
      const text = `${CLUSTER}settings: {${settings}}\nfacts: {blocksForeignTrafficTo127: true}`;
      const { suites } = await runSuites({ suites: [suiteOf(text)], backend });
      return suites[0]?.probes[0]?.got;
    };
    expect(await guarded('localhostNodePorts: true')).to.equal('true');
    expect(await guarded('localhostNodePorts: false')).to.equal('false');
    expect(await guarded('localhostNodePorts: true, ipFamily: IPv6')).to.equal('false');
  });

  it('judges whether a rule of its own accepts a packet', async () => {
    const probe = 'probes: [{from: {ip: 203.0.113.2}, to: {ip: 172.18.0.2, port: 30000}, expect: {accept: explicit}}]';
    const service = `- apiVersion: v1
  kind: Service
  metadata: {name: s, namespace: shop}
  spec: {type: LoadBalancer, clusterIP: 10.96.0.1, ports: [{port: 80}], externalTrafficPolicy: Local, healthCheckNodePort: 30000}
`;
    const { passed, failed } = await runSuites({
      suites: [suiteOf(CLUSTER + service + probe, 'with'), suiteOf(CLUSTER + probe, 'without')],
      backend,
    });
    expect([passed, failed]).to.deep.equal([1, 1]);
  });

  it('skips, never passes, a suite with an object of a kind that it does not know', async () => {
    const unknown = '- {apiVersion: projectcalico.org/v3, kind: FutureThing, metadata: {name: f}}';
    const { suites, passed, skipped } = await runSuites({ suites: [suiteOf(CLUSTER + unknown + TWO_PROBES)], backend });
    expect([passed, skipped]).to.deep.equal([0, 2]);
    expect(suites[0]?.probes[0]?.reason).to.match(/^PP_SUITE_OBJECT_UNKNOWN_KIND: FutureThing f/);
  });

  it('skips what holds for another dataplane only', async () => {
    const { skipped } = await runSuites({
      suites: [suiteOf(`${CLUSTER}settings: {dataplane: ebpf}${TWO_PROBES}`)],
      backend,
    });
    expect(skipped).to.equal(2);
  });

  it('tells of each suite when it is done', async () => {
    const done: string[] = [];
    const suites = [suiteOf(CLUSTER + TWO_PROBES, 'one'), suiteOf(CLUSTER + TWO_PROBES, 'two')];
    await runSuites({ suites, backend, onSuite: ({ id }) => done.push(id) });
    expect(done).to.deep.equal(['one', 'two']);
  });

  it('takes suites that come one by one, and asks for the next when one is done', async () => {
    const log: string[] = [];
    async function* come() {
      for (const id of ['one', 'two']) {
        log.push(`asked for ${id}`);
        yield suiteOf(CLUSTER + TWO_PROBES, id);
      }
    }
    const { passed } = await runSuites({ suites: come(), backend, onSuite: ({ id }) => log.push(`${id} is done`) });
    expect(passed).to.equal(4);
    expect(log).to.deep.equal(['asked for one', 'one is done', 'asked for two', 'two is done']);
  });

  for (const name of [
    'kube-proxy',
    'calico-fv',
    'cluster-network-policy',
    'kube-network-policies',
    'connections',
    'policies',
  ]) {
    it(`passes all of ${name}`, async () => {
      const { suites, problems } = loadSuites(join(BUNDLED_SUITES_FOLDER, name));
      expect(problems).to.deep.equal([]);
      const { suites: reports } = await runSuites({ suites, backend });
      expect(reports.filter(({ probes }) => probes.length === 0)).to.deep.equal([]);
      const results = reports.flatMap(({ id, probes }) => probes.map((probe) => ({ id, ...probe })));
      expect(results.filter(({ result }) => result === 'fail')).to.deep.equal([]);
      expect(results.filter(({ result }) => result === 'skip').map((probe) => probe.name)).to.deep.equal([]);
    });
  }

  for (const [name, cells] of [
    ['e2e-netpol', 1368],
    ['cyclonus', 28416],
  ] as const) {
    it(`passes every cell of ${name}`, async () => {
      const { suites, problems } = loadSuites(join(BUNDLED_SUITES_FOLDER, name));
      expect(problems).to.deep.equal([]);
      const { passed, failed, skipped } = await runSuites({ suites, backend });
      expect({ passed, failed, skipped }).to.deep.equal({ passed: cells, failed: 0, skipped: 0 });
    });
  }
});

describeUnless(readTestbedObstacle(), 'runSuites in a testbed', () => {
  it('sends the packets: a dataplane that enforces nothing fails what has to be denied', async () => {
    const { suites } = await runSuites({ suites: [suiteOf(CLUSTER + TWO_PROBES)], backend: new FakeBackend() });
    expect(suites[0]?.probes).to.deep.equal([
      {
        name: 'in',
        result: 'fail',
        expected: 'deny',
        got: 'allow, to 10.0.0.3:80, not masqueraded',
        reason: 'verdict is allow',
      },
      { name: 'out', result: 'pass', expected: 'allow', got: 'allow, to 10.0.0.2:80, not masqueraded', reason: '' },
    ]);
  });

  it('gives the dataplane of every node the whole state, in one session as long as the machines are the same', async () => {
    const backend = new FakeBackend();
    const open = CLUSTER.slice(0, CLUSTER.indexOf('- apiVersion: networking'));
    const policies: number[] = [];
    await runSuites({
      suites: [suiteOf(CLUSTER + TWO_PROBES), suiteOf(open + TWO_PROBES)],
      backend,
      onSuite: () => policies.push(backend.target.state().policies.size),
    });
    expect(policies).to.deep.equal([1, 0]);
    expect(backend.calls.map(({ method }) => method)).to.deep.equal(['probe', 'open', 'apply', 'apply', 'release']);
  });

  it('skips what it cannot send or see, with the reason', async () => {
    const probes = `
settings: {}
probes:
- {name: message, from: {pod: shop/web}, to: {pod: shop/db, protocol: ICMP, icmp: {type: 5}}, expect: {verdict: allow}}
- {name: spoofed, from: {pod: shop/web, ip: 10.0.0.9, spoofed: true}, to: {pod: shop/db, port: 80}, expect: {verdict: deny}}
- {name: untouched, from: {pod: shop/web}, to: {pod: shop/db, port: 80}, expect: {untouched: true}}`;
    const { suites } = await runSuites({ suites: [suiteOf(CLUSTER + probes)], backend: new FakeBackend() });
    expect(suites[0]?.probes.map(({ result, reason }) => [result, reason.split(':')[0]])).to.deep.equal([
      ['skip', 'PP_SUITE_NOT_SENDABLE'],
      ['skip', 'PP_SUITE_NOT_SENDABLE'],
      ['skip', 'PP_SUITE_NOT_OBSERVABLE'],
    ]);
  });

  it('has hosts that do not forward where the state says so, and forward again after it', async () => {
    const off = `${CLUSTER}- {apiVersion: projectcalico.org/v3, kind: FelixConfiguration, metadata: {name: default}, spec: {ipForwarding: Disabled}}\n`;
    const suites = [suiteOf(off + TWO_PROBES, 'without'), suiteOf(CLUSTER + TWO_PROBES, 'with')];
    const report = await runSuites({ suites, backend: new FakeBackend() });
    expect(report.suites.map(({ probes }) => probes[1]?.got.split(',')[0])).to.deep.equal(['deny', 'allow']);
  });

  it('does not say whether a packet is routed on to where nobody is', async () => {
    const loop = `- {apiVersion: projectcalico.org/v3, kind: BGPConfiguration, metadata: {name: default}, spec: {serviceClusterIPs: [{cidr: 10.96.0.0/16}]}}
settings: {}
probes:
- {name: loop, from: {ip: 203.0.113.9, kind: external}, to: {ip: 10.96.0.9, port: 80}, expect: {verdict: allow}}
- {name: stopped, from: {ip: 203.0.113.9, kind: external}, to: {ip: 10.96.0.9, port: 80}, expect: {verdict: deny}}`;
    const { suites } = await runSuites({ suites: [suiteOf(CLUSTER + loop)], backend: new FakeBackend() });
    // The dataplane enforces nothing, and the kernel tells of the loop.
    expect(suites[0]?.probes.map(({ result }) => result)).to.deep.equal(['skip', 'fail']);
  });

  it('fails the probes of a state that the dataplane does not take, and begins anew', async () => {
    const backend = new FakeBackend();
    backend.faults.add('apply', { type: 'reject', written: 'half', isRetriable: true });
    const suites = [suiteOf(CLUSTER + TWO_PROBES, 'one'), suiteOf(CLUSTER + TWO_PROBES, 'two')];
    const report = await runSuites({ suites, backend });
    expect(report.suites[0]?.probes.map(({ result, reason }) => [result, reason.split(':')[0]])).to.deep.equal([
      ['fail', 'PP_FAKE_FAULT'],
      ['fail', 'PP_FAKE_FAULT'],
    ]);
    expect(report.suites[1]?.probes[1]?.result).to.equal('pass');
    expect(backend.calls.filter(({ method }) => method === 'open')).to.have.length(2);
  });

  it('skips a suite that the backend’s limits or the host’s rule out, with the limit’s code', async () => {
    const limit = {
      code: 'PP_LIMIT_FAKE_AFFINITY',
      feature: 'sessionAffinity',
      support: 'unsupported',
      effect: 'objectIgnored',
      message: 'no affinity',
      remedy: 'none',
      source: 'test',
    } as const;
    const sticky = `${CLUSTER}
- apiVersion: v1
  kind: Service
  metadata: {name: s, namespace: shop}
  spec: {clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1], sessionAffinity: ClientIP, ports: [{port: 80}]}`;
    for (const options of [{ limits: [limit] }, { hostLimits: [limit] }]) {
      const backend = new FakeBackend(options);
      const { suites } = await runSuites({
        suites: [suiteOf(sticky + TWO_PROBES), suiteOf(CLUSTER + TWO_PROBES)],
        backend,
      });
      expect(suites[0]?.probes.map(({ result }) => result)).to.deep.equal(['skip', 'skip']);
      expect(suites[0]?.probes[0]?.reason).to.match(/^PP_LIMIT_FAKE_AFFINITY: Service shop\/s spec\.sessionAffinity/);
      expect(suites[1]?.probes.map(({ result }) => result)).to.deep.equal(['fail', 'pass']);
    }
  });

  it('ends at once on a host that cannot run the dataplane', async () => {
    const backend = new FakeBackend({ missing: [{ what: 'luck', remedy: 'try again' }] });
    const error = await runSuites({ suites: [suiteOf(CLUSTER + TWO_PROBES)], backend }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(CoreError).and.include({ code: 'PP_BACKEND_UNUSABLE' });
  });
});
