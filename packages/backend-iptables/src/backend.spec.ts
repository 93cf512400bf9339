import { expect } from 'chai';
import fc from 'fast-check';
import { createTestbed, readTestbedObstacle, type Testbed } from '@polyplane/conformance';
import {
  type Change,
  CoreError,
  type DesiredKey,
  type DesiredObject,
  type InterfaceName,
  type NodeContext,
  orderChanges,
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
import { IptablesError } from './iptables-error';
import { type CommandRunner, commandRunner } from './kernel/exec';
import { commandOf, type IptablesVariant, VARIANTS } from './kernel/variant';

const SETTINGS = buildSettings();
const FRIENDS = buildIpSet('friends', 'net', ['10.0.0.9', '10.1.0.0/16']);
const POLICY = buildPolicy('web', {
  ingress: [
    buildRule('allow', { protocol: TCP, source: { ipSets: [ipSetKey('friends')] }, destination: { ports: ports(80) } }),
    buildRule('deny', { notProtocol: UDP, source: { notNets: nets('10.2.0.0/16', '10.3.0.0/16') } }),
  ],
  egress: [buildRule('allow')],
});
const WEB = buildWorkload('web', '10.0.0.2', { tiers: [buildTier([POLICY])] });
const SERVICE = buildService(
  'web',
  [buildFrontend('clusterIp', 80, '10.96.0.1'), buildFrontend('nodePort', 30080)],
  [buildServiceEndpoint('10.0.0.2', 8080, true), buildServiceEndpoint('10.0.1.2', 8080, false)],
);
const OBJECTS: readonly DesiredObject[] = [SETTINGS, FRIENDS, POLICY, WEB, SERVICE];

function full(revision: number, objects: readonly DesiredObject[]): Transition {
  const changes = orderChanges(objects.map((object) => ({ op: 'put', object })));
  return { revision, scope: 'full', isInSync: true, changes };
}

function delta(revision: number, before: readonly DesiredObject[], after: readonly DesiredObject[]): Transition {
  const kept = new Set<DesiredKey>(after.map(({ key }) => key));
  const changes: Change[] = [
    ...after.filter((object) => !before.includes(object)).map((object): Change => ({ op: 'put', object })),
    ...before.filter(({ key }) => !kept.has(key)).map(({ key }): Change => ({ op: 'remove', key })),
  ];
  return { revision, scope: 'delta', isInSync: true, changes: orderChanges(changes) };
}

const obstacle = readTestbedObstacle();
const describeKernel = obstacle === undefined ? describe : describe.skip;

for (const variant of VARIANTS) {
  describeKernel(`IptablesBackend on ${variant}${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
    let testbed: Testbed;
    let node: NodeContext;
    let runner: CommandRunner;
    const backend = new IptablesBackend({ variant });

    beforeEach(() => {
      testbed = emptyTestbed();
      node = contextOf(testbed);
      runner = commandRunner(node.networkNamespace, 10);
    });
    afterEach(() => testbed.close());

    const iptables = (...args: readonly string[]) => runner.run(`iptables-${variant}`, args);

    it('says what the host offers', async () => {
      const { facts, missing } = await backend.probe(node);
      expect(missing).to.deep.equal([]);
      expect(facts).to.include({ hasNftVariant: true, hasLegacyVariant: true, iptablesVariant: variant });
      expect(await snapshot(runner, variant)).to.deep.equal(NOTHING);
    });

    it('takes the variant whose rules the host has', async () => {
      await iptables('-A', 'INPUT', '-s', '192.0.2.1', '-j', 'DROP');
      const { facts } = await new IptablesBackend().probe(node);
      expect(facts).to.include({ iptablesVariant: variant });
    });

    it('writes nothing when it is opened, and nothing for a plan that changes nothing', async () => {
      const session = await backend.open(node);
      expect(await snapshot(runner, variant)).to.deep.equal(NOTHING);
      await session.apply(session.plan(full(1, OBJECTS)));
      const before = await snapshot(runner, variant);
      const again = session.plan(full(2, OBJECTS));
      expect(again.isEmpty).to.equal(true);
      expect(again.print()).to.equal('');
      await session.apply(again);
      expect(await snapshot(runner, variant)).to.deep.equal(before);
      expect(await session.audit()).to.deep.equal({ repaired: [] });
    });

    it('touches no table when only members of a set change', async () => {
      const session = await backend.open(node);
      await session.apply(session.plan(full(1, OBJECTS)));
      const more = buildIpSet('friends', 'net', ['10.0.0.9', '10.7.0.0/16']);
      const plan = session.plan(delta(2, OBJECTS, [SETTINGS, more, POLICY, WEB, SERVICE]));
      expect(plan.program.restores).to.deep.equal([]);
      await session.apply(plan);
      expect(await session.audit()).to.deep.equal({ repaired: [] });
    });

    it('refuses a plan made from a state that is gone', async () => {
      const session = await backend.open(node);
      const plan = session.plan(full(1, OBJECTS));
      await session.apply(plan);
      expect(await caught(session.apply(plan)))
        .to.be.instanceOf(CoreError)
        .with.property('code', 'PP_PLAN_STALE');
    });

    describe('audit', () => {
      it('repairs what others did to our chains, jumps and sets, and says what it was', async () => {
        const session = await backend.open(node);
        await session.apply(session.plan(full(1, OBJECTS)));
        const before = await snapshot(runner, variant);
        const spoilers: readonly (readonly [string, readonly string[], RegExp])[] = [
          [`iptables-${variant}`, ['-D', 'FORWARD', '-j', 'POLYPLANE-FORWARD'], /FORWARD does not begin/],
          [`iptables-${variant}`, ['-I', 'FORWARD', '1', '-j', 'ACCEPT'], /FORWARD does not begin/],
          [`iptables-${variant}`, ['-F', 'POLYPLANE-TO-WORKLOAD'], /POLYPLANE-TO-WORKLOAD differs/],
          [`iptables-${variant}`, ['-I', 'POLYPLANE-INPUT', '1', '-j', 'ACCEPT'], /POLYPLANE-INPUT differs/],
          [
            `iptables-${variant}`,
            ['-R', 'POLYPLANE-FROM-WORKLOAD', '2', '-j', 'ACCEPT'],
            /POLYPLANE-FROM-WORKLOAD differs/,
          ],
          [`iptables-${variant}`, ['-t', 'nat', '-F', 'POLYPLANE-SERVICES'], /nat: chain POLYPLANE-SERVICES differs/],
          [`iptables-${variant}`, ['-N', 'POLYPLANE-SOMETHING'], /POLYPLANE-SOMETHING is left over/],
          ['ipset', ['flush', 'POLYPLANE-SV4-hairpin'], /POLYPLANE-SV4-hairpin differs/],
          ['ipset', ['create', 'POLYPLANE-SOMETHING', 'hash:ip'], /POLYPLANE-SOMETHING is left over/],
          ['sysctl', ['-w', 'net.ipv4.conf.all.route_localnet=0'], /127.0.0.0\/8 is not routed/],
        ];
        for (const [command, args, difference] of spoilers) {
          expect((await runner.run(command, args)).stderr.replace(/^#.*$/gm, ''), args.join(' ')).to.equal('');
          const { repaired } = await session.audit();
          expect(repaired.join('\n'), args.join(' ')).to.match(difference);
          expect(repaired, args.join(' ')).to.have.length(1);
          const after = await snapshot(runner, variant);
          after.foreign.splice(
            0,
            after.foreign.length,
            ...after.foreign.filter((rule) => rule !== '-A FORWARD -j ACCEPT'),
          );
          expect(after, args.join(' ')).to.deep.equal(before);
          expect(await session.audit()).to.deep.equal({ repaired: [] });
        }
      });

      it('leaves foreign rules, chains and sets alone', async () => {
        await iptables('-N', 'FOREIGN');
        await iptables('-A', 'FOREIGN', '-s', '192.0.2.1', '-j', 'DROP');
        await iptables('-A', 'INPUT', '-j', 'FOREIGN');
        await iptables('-t', 'nat', '-A', 'POSTROUTING', '-s', '192.0.2.0/24', '-j', 'MASQUERADE');
        await runner.run('ipset', ['create', 'foreign', 'hash:ip']);
        const { foreign } = await snapshot(runner, variant);
        const session = await backend.open(node);
        await session.apply(session.plan(full(1, OBJECTS)));
        await session.audit();
        expect((await snapshot(runner, variant)).foreign).to.deep.equal(foreign);
        await session.release('remove');
        expect(await snapshot(runner, variant)).to.deep.equal({ ...NOTHING, foreign });
      });
    });

    describe('adoption', () => {
      it('takes over what an earlier session left, without writing what is right', async () => {
        const first = await backend.open(node);
        await first.apply(first.plan(full(1, OBJECTS)));
        await first.release('leave');
        const before = await snapshot(runner, variant);
        expect(before).to.not.deep.equal(NOTHING);
        const second = await backend.open(node);
        expect(await snapshot(runner, variant)).to.deep.equal(before);
        expect(second.plan(full(1, OBJECTS)).isEmpty).to.equal(true);
      });

      it('replaces what is outdated and removes what is left over, in one restore', async () => {
        const first = await backend.open(node);
        await first.apply(first.plan(full(1, OBJECTS)));
        await first.release('leave');
        const second = await backend.open(node);
        const plan = second.plan(full(1, [SETTINGS, WEB]));
        expect(plan.program.restores).to.have.length(1);
        await second.apply(plan);
        expect(await second.audit()).to.deep.equal({ repaired: [] });
        expect(await snapshot(runner, variant)).to.deep.equal(await loadedAlone(variant, [SETTINGS, WEB]));
      });
    });

    describe('release', () => {
      it('removes every trace of ours, and nothing else', async () => {
        const session = await backend.open(node);
        await session.apply(session.plan(full(1, OBJECTS)));
        await session.release('remove');
        expect(await snapshot(runner, variant)).to.deep.equal(NOTHING);
      });

      it('removes what another session left in the other variant', async () => {
        const other = await new IptablesBackend({ variant: variant === 'nft' ? 'legacy' : 'nft' }).open(node);
        await other.apply(other.plan(full(1, OBJECTS)));
        await other.release('leave');
        await (await backend.open(node)).release('remove');
        expect(await snapshot(runner, 'nft')).to.deep.equal(NOTHING);
        expect(await snapshot(runner, 'legacy')).to.deep.equal(NOTHING);
      });

      it('ends the session', async () => {
        const session = await backend.open(node);
        let isComplete = false;
        session.events$.subscribe({
          complete: () => {
            isComplete = true;
          },
        });
        await session.release('leave');
        expect(isComplete).to.equal(true);
        expect(await caught(session.audit()))
          .to.be.instanceOf(IptablesError)
          .with.property('code', 'PP_IPTABLES_RELEASED');
      });
    });

    describe('failure', () => {
      it('leaves a table as it was when its restore is refused, and writes what is missing the next time', async () => {
        const session = await backend.open(node);
        await session.apply(session.plan(full(1, [SETTINGS, WEB])));
        const before = await snapshot(runner, variant);
        // A set of ours that another kind of set stands in the way of.
        const plan = session.plan(full(2, OBJECTS));
        const name = /create (POLYPLANE-N4-\S+)/.exec(plan.program.setsBefore)?.[1] ?? '';
        await runner.run('ipset', ['create', name, 'bitmap:port', 'range', '0-10']);
        const error = await caught(session.apply(plan));
        expect(error)
          .to.be.instanceOf(IptablesError)
          .and.to.include({ code: 'PP_IPTABLES_IPSET_FAILED', isRetriable: false });
        expect(error).to.have.deep.property('objects', [FRIENDS.key]);
        expect((await snapshot(runner, variant)).rules).to.deep.equal(before.rules);
        await session.apply(session.plan(full(3, OBJECTS)));
        expect(await snapshot(runner, variant)).to.deep.equal(await loadedAlone(variant, OBJECTS));
      });

      it('names the object whose interface cannot be written, and writes nothing', async () => {
        const session = await backend.open(node);
        const hostile = buildWorkload('evil', '10.0.0.66', { interfaceName: 'cali+' as InterfaceName });
        const error = await caught(session.apply(session.plan(full(1, [...OBJECTS, hostile]))));
        expect(error)
          .to.be.instanceOf(IptablesError)
          .and.to.include({ code: 'PP_IPTABLES_NAME_UNSAFE', isRetriable: false });
        expect(error).to.have.deep.property('objects', [hostile.key]);
        expect(await snapshot(runner, variant)).to.deep.equal(NOTHING);
      });
    });

    it('ends in the same kernel state after any sequence of transitions as after the last state alone', async function () {
      this.timeout(60_000);
      await fc.assert(
        fc.asyncProperty(
          fc.array(arbitraryState, { minLength: 2, maxLength: 5 }),
          fc.boolean(),
          async (states, isDelta) => {
            const sequence = emptyTestbed();
            try {
              const session = await backend.open(contextOf(sequence));
              let before: readonly DesiredObject[] = [];
              for (const [index, state] of states.entries()) {
                const transition = isDelta ? delta(index + 1, before, state) : full(index + 1, state);
                await session.apply(session.plan(transition));
                before = state;
              }
              const ours = commandRunner(contextOf(sequence).networkNamespace, 10);
              expect(await snapshot(ours, variant)).to.deep.equal(await loadedAlone(variant, before));
              expect(await session.audit()).to.deep.equal({ repaired: [] });
            } finally {
              sequence.close();
            }
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}

/** Objects of which any choice makes a state: of each list one or none. */
const CHOICES: readonly (readonly DesiredObject[])[] = [
  [FRIENDS, buildIpSet('friends', 'net', ['10.4.0.0/16', 'fd00::/64']), buildIpSet('friends', 'net', [])],
  [buildIpSet('named', 'addressPort', ['10.0.0.2,tcp:80']), buildIpSet('named', 'addressPort', ['10.0.0.3,udp:53'])],
  [
    POLICY,
    buildPolicy('web', {
      ingress: [
        buildRule('allow', {
          protocol: TCP,
          destination: { namedPorts: [ipSetKey('named')], ports: ports(1, [2, 9]) },
        }),
      ],
    }),
  ],
  [WEB, buildWorkload('web', ['10.0.0.2', 'fd00::2'], { tiers: [buildTier([POLICY])] })],
  [
    buildWorkload('api', '10.0.0.3', { tiers: [buildTier([POLICY], { defaultAction: 'pass' })] }),
    buildWorkload('api', ['10.0.0.3', '10.0.0.4'], { allowedSources: nets('10.9.0.0/16') }),
  ],
  [SERVICE, buildService('web', [buildFrontend('clusterIp', 80, '10.96.0.1')], [])],
  [
    buildService(
      'db',
      [
        buildFrontend('clusterIp', 5432, '10.96.0.2'),
        buildFrontend('loadBalancerIp', 80, '203.0.113.7', { sourceRanges: nets('192.0.2.0/24', '0.0.0.0/0') }),
      ],
      [buildServiceEndpoint('10.0.0.3', 5432, true)],
      { affinityTimeoutSeconds: 30 },
    ),
    buildService('db', [buildFrontend('externalIp', 80, '203.0.113.7', { trafficPolicy: 'local' })], [], {
      hasEndpoints: true,
    }),
  ],
  [buildService('v6', [buildFrontend('clusterIp', 80, 'fd00:96::1')], [buildServiceEndpoint('fd00::2', 80, true)])],
  [
    buildHostEndpoint('host', { tiers: [buildTier([POLICY])], untrackedTiers: [buildTier([POLICY])] }),
    buildHostEndpoint('host', { forwardTiers: [buildTier([POLICY])], preDnatTiers: [buildTier([POLICY])] }),
  ],
];

const arbitraryState: fc.Arbitrary<readonly DesiredObject[]> = fc
  .tuple(
    fc.constantFrom(SETTINGS, buildSettings({ localhostNodePorts: false, masqueradeAll: true })),
    ...CHOICES.map((choice) => fc.option(fc.constantFrom(...choice), { nil: undefined, freq: 3 })),
  )
  .map((objects) => objects.filter((object) => object !== undefined));

function emptyTestbed(): Testbed {
  const addresses = [parseIpAddress('172.18.0.2')];
  return createTestbed({
    nodes: [{ name: 'node-1', addresses, routedAddresses: [] }],
    pods: [],
    outsiders: [],
    ports: [{ protocol: TCP, port: parsePort(80) }],
  });
}

function contextOf(testbed: Testbed): NodeContext {
  return { nodeName: 'node-1', networkNamespace: testbed.networkNamespaceOf('node-1'), logger: SILENT_LOGGER };
}

/** What the kernel holds, in an order that does not depend on how it came there. */
interface Snapshot {
  readonly rules: readonly string[];
  readonly sets: readonly string[];
  readonly foreign: string[];
  readonly routesLocalnet: boolean;
}

const NOTHING: Snapshot = { rules: [], sets: [], foreign: [], routesLocalnet: false };

async function snapshot(runner: CommandRunner, variant: IptablesVariant): Promise<Snapshot> {
  const rules: string[] = [];
  const foreign: string[] = [];
  for (const family of [4, 6] as const) {
    const saved = await runner.run(commandOf(family, variant, 'save'), []);
    for (const { chain, text } of chainsOf(saved.stdout)) {
      if (chain.startsWith('POLYPLANE-') || text.includes('POLYPLANE-')) rules.push(`IPv${family} ${text}`);
      else if (text.startsWith('-A') || text.includes(' - ')) foreign.push(text);
    }
  }
  const saved = (await runner.run('ipset', ['save'])).stdout.split('\n').filter((line) => line !== '');
  // How often a set grew and its hash's seed are of no meaning.
  const sets = saved.map((line) => line.replace(/ (hashsize|bucketsize|initval) \S+/g, '').trim());
  const localnet = await runner.run('sysctl', ['-n', 'net.ipv4.conf.all.route_localnet']);
  return {
    rules: rules.sort(),
    sets: sets.filter((line) => line.includes(' POLYPLANE-')).sort(),
    foreign: [...foreign, ...sets.filter((line) => !line.includes(' POLYPLANE-'))],
    routesLocalnet: localnet.stdout.trim() === '1',
  };
}

/** Each chain with its rules as one text, and each rule of a base chain that is not ours. */
function chainsOf(saved: string): readonly { readonly chain: string; readonly text: string }[] {
  let table = '';
  const found = new Map<string, { chain: string; text: string }>();
  const others: { chain: string; text: string }[] = [];
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line;
    const chain = /^(?::|-A )(\S+)/.exec(line)?.[1];
    if (chain === undefined) continue;
    const text = line.replace(/ \[\d+:\d+\]$/, '').trimEnd();
    if (!chain.startsWith('POLYPLANE-')) {
      others.push({ chain, text });
      continue;
    }
    const key = `${table} ${chain}`;
    const before = found.get(key);
    found.set(key, { chain, text: before === undefined ? `${table} ${text}` : `${before.text}\n${text}` });
  }
  return [...found.values(), ...others];
}

async function loadedAlone(variant: IptablesVariant, objects: readonly DesiredObject[]): Promise<Snapshot> {
  const testbed = emptyTestbed();
  try {
    const node = contextOf(testbed);
    const session = await new IptablesBackend({ variant }).open(node);
    await session.apply(session.plan(full(1, objects)));
    return await snapshot(commandRunner(node.networkNamespace, 10), variant);
  } finally {
    testbed.close();
  }
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}
