import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  BUNDLED_SUITES_FOLDER,
  createTestbedHarness,
  describeBackend,
  loadSuites,
  runSuites,
  type SuiteReport,
} from '@polyplane/conformance';
import { IptablesBackend } from './backend';
import type { IptablesVariant } from './kernel/variant';
import { describeOnKernel } from './testing/on-kernel';

describeOnKernel('Conformance', (variant) => {
  describeBackend('iptables', async () =>
    createTestbedHarness({
      backend: new IptablesBackend({ variant }),
      readTraces: async (networkNamespace) => readTraces(networkNamespace, variant),
      disturb: async (networkNamespace) => disturb(networkNamespace, variant),
    }),
  );

  it('enforces the network policies of the Kubernetes end-to-end tests', async () => {
    const { suites } = loadSuites(join(BUNDLED_SUITES_FOLDER, 'e2e-netpol'));
    const {
      suites: reports,
      passed,
      failed,
      skipped,
    } = await runSuites({
      suites: suites.filter(({ id }) => variant === 'nft' || ON_LEGACY.has(id)),
      backend: new IptablesBackend({ variant }),
    });
    expect(failuresIn(reports)).to.deep.equal([]);
    expect({ passed, failed, skipped }).to.deep.equal(EXPECTED_CELLS[variant]);
  }).timeout(90_000);

  it('does with flows what the suites of connections say, as far as an answer shows it', async () => {
    const { suites } = loadSuites(join(BUNDLED_SUITES_FOLDER, 'connections'));
    const { suites: reports } = await runSuites({ suites, backend: new IptablesBackend({ variant }) });
    expect(failuresIn(reports)).to.deep.equal([]);
    const skipped = reports.filter(({ probes }) => probes.some(({ result }) => result === 'skip'));
    expect(skipped.map(({ id }) => id)).to.deep.equal(['client-outside-not-masqueraded']);
  }).timeout(90_000);

  it('judges as the suites of policies say', async () => {
    const { suites } = loadSuites(join(BUNDLED_SUITES_FOLDER, 'policies'));
    const { suites: reports, passed, skipped } = await runSuites({ suites, backend: new IptablesBackend({ variant }) });
    expect(failuresIn(reports)).to.deep.equal([]);
    expect({ isAny: passed > 0, skipped }).to.deep.equal({ isAny: true, skipped: 0 });
  }).timeout(90_000);
});

function failuresIn(reports: readonly SuiteReport[]): readonly string[] {
  return reports.flatMap(({ id, probes }) =>
    probes.flatMap(({ name, result, got, reason }) => (result === 'fail' ? [`${id}, ${name}: ${got} ${reason}`] : [])),
  );
}

/** Between them they have every kind of peer and port. */
const ON_LEGACY: ReadonlySet<string> = new Set([
  'default-deny-all',
  'egress-cidr-except-overlap-1',
  'multiple-pod-and-ns',
  'named-port-ingress',
  'stacked-1',
]);

const EXPECTED_CELLS = {
  nft: { passed: 1368, failed: 0, skipped: 0 },
  legacy: { passed: 504, failed: 0, skipped: 0 },
} as const satisfies Record<IptablesVariant, unknown>;

/** Rules, chains and sets of the namespace, without what the kernel has of itself, and without counters and table sizes. */
function readTraces(networkNamespace: string, variant: IptablesVariant): readonly string[] {
  const rules = run(networkNamespace, `iptables-${variant}-save`).split('\n');
  const sets = run(networkNamespace, 'ipset', 'save').split('\n');
  let table = '';
  const traces: string[] = [];
  for (const line of rules) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (/^(:|-A)/.test(line) && !/^:\S+ (ACCEPT|DROP) /.test(line))
      traces.push(`${table} ${line.replace(/ \[\d+:\d+\]$/, '')}`);
  }
  traces.push(
    ...sets.filter((line) => line !== '').map((line) => line.replace(/ (hashsize|bucketsize) \d+| initval \S+/g, '')),
  );
  const isLocalnetRouted = run(networkNamespace, 'cat', '/proc/sys/net/ipv4/conf/all/route_localnet').trim() === '1';
  return [...traces, ...(isLocalnetRouted ? ['route_localnet'] : [])].sort();
}

/** Takes a rule away from the backend's first chain that has one, and a member from the first set. */
function disturb(networkNamespace: string, variant: IptablesVariant): void {
  const rule = run(networkNamespace, `iptables-${variant}-save`, '-t', 'filter')
    .split('\n')
    .find((line) => /^-A (?!INPUT|FORWARD|OUTPUT)/.test(line));
  const [, chain = ''] = rule?.split(' ') ?? [];
  run(networkNamespace, `iptables-${variant}`, '-D', chain, '1');
  const member = run(networkNamespace, 'ipset', 'save')
    .split('\n')
    .find((line) => line.startsWith('add '));
  const [, set = '', address = ''] = member?.split(' ') ?? [];
  run(networkNamespace, 'ipset', 'del', set, address);
}

function run(networkNamespace: string, command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('nsenter', [`--net=${networkNamespace}`, command, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}
