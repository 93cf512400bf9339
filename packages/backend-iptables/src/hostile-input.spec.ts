import { expect } from 'chai';
import { type Change, ComputeGraph, loadManifests, type ResourceProblem } from '@polyplane/core';
import { IptablesBackend } from './backend';
import { commandRunner } from './kernel/linux';
import type { IptablesVariant } from './kernel/variant';
import { contextOf, describeOnKernel, emptyTestbed } from './testing/on-kernel';

/** What somebody writes who wants to be taken for a rule. Each holds the mark by which it would be found again. */
const MARK = 'injected';
const ATTACKS: Readonly<Record<string, string>> = {
  restoreLine: `${MARK}\n-A INPUT -j ACCEPT\nCOMMIT`,
  option: `${MARK} -j ACCEPT`,
  quotes: `${MARK}"' -j ACCEPT --comment "`,
  nftCommand: `${MARK}; flush ruleset`,
  setLine: `${MARK}\ndestroy\nflush`,
  shell: `$(touch /tmp/${MARK})\`id\`|&;`,
  long: `${MARK}${'A'.repeat(65_536)}`,
  control: `${MARK}\u0000\u001b[2J\u202e`,
  path: `../../${MARK}`,
};

/** A small cluster; `note` stands wherever the API allows any text. */
function cluster(note: string): readonly object[] {
  const annotations = { note, 'polyplane.io/note': note };
  const namespace = 'shop';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, annotations } },
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-1', annotations },
      status: { addresses: [{ type: 'InternalIP', address: '172.18.0.2' }] },
    },
    pod('web', '10.65.0.2', { annotations }),
    pod('api', '10.65.0.3', { annotations }),
    service('web', '10.96.0.10', { annotations }),
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web-1', namespace, annotations, labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      endpoints: [{ addresses: ['10.65.0.2'], nodeName: 'node-1', conditions: { ready: true } }],
    },
    policy('web', { annotations }, { matchLabels: { app: 'web' } }),
  ];
}

function pod(name: string, address: string, metadata: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: name }, ...metadata },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }],
      ...spec,
    },
    status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
  };
}

function service(name: string, clusterIP: string, metadata: object = {}, port: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', ...metadata },
    spec: {
      clusterIP,
      clusterIPs: [clusterIP],
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080, ...port }],
    },
  };
}

function policy(name: string, metadata: object, podSelector: object, from: object = { podSelector: {} }): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'shop', ...metadata },
    spec: {
      podSelector,
      policyTypes: ['Ingress'],
      ingress: [{ from: [from], ports: [{ port: 'http', protocol: 'TCP' }] }],
    },
  };
}

function calicoPolicy(name: string, rule: object, spec: object = {}): object {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'shop' },
    spec: { selector: "app == 'web'", types: ['Ingress'], ingress: [{ action: 'Allow', ...rule }], ...spec },
  };
}

/** Objects that carry an attack, or a number beyond all measure, where only certain values may stand. */
const HOSTILE: readonly object[] = [
  ...Object.values(ATTACKS).flatMap((attack, index) => [
    pod(attack, '10.65.0.20'),
    pod(`by-label-${index}`, '10.65.0.21', { labels: { app: attack, [attack]: 'x' } }),
    pod(`by-address-${index}`, attack),
    pod(`by-namespace-${index}`, '10.65.0.22', { namespace: attack }),
    pod(
      `by-port-${index}`,
      '10.65.0.23',
      {},
      { containers: [{ name: 'main', ports: [{ name: attack, containerPort: 80 }] }] },
    ),
    service(attack, '10.96.0.20'),
    service(`by-cluster-ip-${index}`, attack),
    service(`by-protocol-${index}`, '10.96.0.22', {}, { protocol: attack }),
    policy(attack, {}, {}),
    policy(`by-selector-${index}`, {}, { matchLabels: { app: attack } }),
    policy(`by-block-${index}`, {}, {}, { ipBlock: { cidr: attack } }),
    calicoPolicy(`by-calico-selector-${index}`, { source: { selector: attack } }),
    calicoPolicy(`by-net-${index}`, { source: { nets: [attack] } }),
    calicoPolicy(`by-action-${index}`, { action: attack }),
    calicoPolicy(`by-rule-protocol-${index}`, { protocol: attack }),
    calicoPolicy(`by-rule-port-${index}`, { protocol: 'TCP', destination: { ports: [attack] } }),
    calicoPolicy(`by-tier-${index}`, {}, { tier: attack }),
  ]),
  ...[-1, 0, 65_536, 1e308, Number.MAX_SAFE_INTEGER + 2, 80.5].flatMap((number, index) => [
    service(`by-number-${index}`, '10.96.0.21', {}, { port: number }),
    calicoPolicy(`by-port-number-${index}`, { protocol: 'TCP', destination: { ports: [number] } }),
    calicoPolicy(`by-protocol-number-${index}`, { protocol: number === 0 ? -2 : number === -1 ? 256 : number }),
  ]),
];

describeOnKernel('Hostile objects', (variant) => {
  it('inject nothing where any text may stand', async () => {
    const wanted = await inForce(variant, cluster('a note'));
    expect(wanted.problems).to.deep.equal([]);
    expect(wanted.kernel.join('\n')).to.include('10.65.0.2:8080').and.to.include('10.96.0.10');
    for (const attack of Object.values(ATTACKS)) {
      const { kernel } = await inForce(variant, cluster(attack.replaceAll('\u0000', '')));
      expect(kernel, JSON.stringify(attack.slice(0, 40))).to.deep.equal(wanted.kernel);
    }
  }).timeout(60_000);

  it('are reported, leave nothing, and leave everything else in force', async () => {
    const wanted = await inForce(variant, cluster('a note'));
    for (const object of HOSTILE) {
      const text = JSON.stringify(object).slice(0, 300);
      for (const { error, line } of load([object]).problems) {
        expect(line, text).to.equal(1);
        expect(error.message.length, text).to.be.below(1000);
      }
    }
    const { kernel, problems } = await inForce(variant, [...cluster('a note'), ...HOSTILE]);
    expect(problems.length).to.be.at.least(HOSTILE.length / 2);
    const text = kernel.join('\n');
    expect(text).to.not.match(new RegExp(`${MARK}|ACCEPT --comment|touch|AAAA`));
    const added = kernel.filter((line) => !wanted.kernel.includes(line));
    expect(wanted.kernel.filter((line) => !kernel.includes(line))).to.deep.equal([]);
    expect(added).to.deep.equal([]);
  }).timeout(60_000);

  it('of which two have one address give it to one of them, the same in any order', async () => {
    const twins = [pod('twin-a', '10.65.0.2'), pod('twin-b', '10.65.0.2'), service('twin', '10.96.0.10')];
    const first = await inForce(variant, [...cluster('a note'), ...twins]);
    const second = await inForce(variant, [...twins.reverse(), ...cluster('a note')]);
    expect(second.kernel).to.deep.equal(first.kernel);
    expect(first.kernel.join('\n')).to.include('10.65.0.2:8080');
  });
});

interface InForce {
  readonly problems: readonly ResourceProblem[];
  readonly kernel: readonly string[];
}

function load(objects: readonly object[]) {
  const documents = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  return loadManifests(documents, 'cluster.yaml');
}

function compute(objects: readonly object[]): {
  readonly problems: readonly ResourceProblem[];
  readonly changes: readonly Change[];
} {
  const { resources, problems } = load(objects);
  const graph = new ComputeGraph({ nodeName: 'node-1' });
  const changes = graph.apply(resources.map(({ resource }) => ({ op: 'put', resource })));
  return { problems: [...problems, ...graph.problems], changes };
}

/** The objects' way into the kernel of a new namespace, and everything that is then there. */
async function inForce(variant: IptablesVariant, objects: readonly object[]): Promise<InForce> {
  const { problems, changes } = compute(objects);
  const testbed = emptyTestbed();
  try {
    const node = contextOf(testbed);
    const session = await new IptablesBackend({ variant }).open(node);
    await session.apply(session.plan({ revision: 1, scope: 'full', isInSync: true, changes }));
    expect(await session.audit()).to.deep.equal({ repaired: [] });
    return { problems, kernel: await readKernel(node.networkNamespace, variant) };
  } finally {
    testbed.close();
  }
}

/** Every line of what the tools save, whosever it is, without counters and seeds; sorted. */
async function readKernel(networkNamespace: string | undefined, variant: IptablesVariant): Promise<readonly string[]> {
  const runner = commandRunner(networkNamespace, 10);
  const lines: string[] = [];
  for (const command of [`iptables-${variant}-save`, `ip6tables-${variant}-save`]) {
    const { stdout } = await runner.run(command, []);
    lines.push(...stdout.split('\n').map((line) => `${command} ${line}`));
  }
  lines.push(...(await runner.run('ipset', ['save'])).stdout.split('\n'));
  return lines
    .filter((line) => !/ #| COMMIT$/.test(line))
    .map((line) => line.replace(/ \[\d+:\d+\]$| (hashsize|bucketsize|initval) \S+/g, ''))
    .sort();
}
