import { expect } from 'chai';
import { describeUnless, readTestbedObstacle, type Testbed } from '@polyplane/conformance';
import { DesiredStateStore, type NodeContext, SILENT_LOGGER } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';
import { IptablesBackend } from './backend';
import { IptablesError } from './iptables-error';
import { KernelDataplane } from './kernel/dataplane';
import { commandRunner } from './kernel/linux';
import { DEFAULT_MARK_MASK, marksOf } from './render/marks';
import { isEmptyProgram } from './render/program';
import { Renderer } from './render/render';
import { EMPTY_RULESET, HOOK_CHAINS, type Ruleset } from './render/ruleset';
import { NOTHING, snapshot } from './testing/kernel-snapshot';
import { contextOf, describeOnKernel, emptyTestbed } from './testing/on-kernel';
import { OBJECTS, POLICY } from './testing/sample-states';
import { delta, full } from './testing/transitions';

/** Rules of nft in tables of iptables: each as `nft` is told it. `%` stands for the table's family. */
const NATIVE_RULES: readonly (readonly [what: string, rule: string])[] = [
  ['one that iptables calls incompatible', 'add rule % filter FORWARD ct state established counter'],
  ['one at which iptables gives up', 'add rule % filter OUTPUT meta skuid 0 counter'],
  ['one before our jump', 'insert rule % filter INPUT ct state established counter'],
  ['one in a chain of ours', 'add rule % filter POLYPLANE-FORWARD ct state established counter accept'],
  ['one that iptables prints as another', 'insert rule % filter POLYPLANE-FORWARD meta l4proto { tcp, udp } accept'],
];

describeUnless(readTestbedObstacle(), 'Beside rules of nft in tables of iptables', () => {
  let testbed: Testbed;
  let node: NodeContext;
  let runner: CommandRunner;
  const backend = new IptablesBackend({ variant: 'nft' });

  beforeEach(() => {
    testbed = emptyTestbed();
    node = contextOf(testbed);
    runner = commandRunner(node.networkNamespace, 10);
  });
  afterEach(() => testbed.close());

  const nft = async (text: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await runner.run('nft', text.split(' '));
    expect(exitCode, `nft ${text}: ${stderr}`).to.equal(0);
    return stdout;
  };
  const add = async (rule: string): Promise<void> => {
    for (const family of ['ip', 'ip6']) await nft(rule.replace('%', family));
  };
  /** Everything of ours, as nft sees it: handles and counters left out. */
  const ours = async (): Promise<string> => {
    const lines = (await nft('list ruleset'))
      .split('\n')
      .map((line) => line.replace(/counter packets \d+ bytes \d+/, ''));
    return lines.filter((line) => /POLYPLANE-/.test(line) && !/ct state|l4proto/.test(line)).join('\n');
  };

  for (const [what, rule] of NATIVE_RULES) {
    it(`reads all that is its own, and repairs and removes it: ${what}`, async () => {
      const session = await backend.open(node);
      await session.apply(session.plan(full(1, OBJECTS)));
      const before = await ours();
      await add(rule);
      await session.audit();
      expect(await session.audit()).to.deep.equal({ repaired: [] });
      expect(await ours()).to.equal(before);
      const another = await backend.open(node);
      expect(another.plan(full(1, OBJECTS)).program.restores).to.deep.equal([]);
      const withoutPolicy = OBJECTS.filter((object) => object !== POLICY);
      await session.apply(session.plan(delta(2, OBJECTS, withoutPolicy)));
      expect(await session.audit()).to.deep.equal({ repaired: [] });
      await runner.run('iptables-nft', ['-D', 'FORWARD', '-j', 'POLYPLANE-FORWARD']);
      expect((await session.audit()).repaired).to.deep.equal([
        'IPv4 filter: FORWARD does not begin with -j POLYPLANE-FORWARD',
      ]);
      await session.release('remove');
      expect(await ours()).to.equal('');
      const left = (await nft('list ruleset')).match(/ct state established|meta skuid 0/g) ?? [];
      expect(left).to.have.length(rule.includes('POLYPLANE-') ? 0 : 2);
      await nft('flush ruleset');
      expect(await snapshot(runner, 'nft')).to.deep.equal(NOTHING);
    });
  }

  it('takes jumps away that stand there twice', async () => {
    const session = await backend.open(node);
    await session.apply(session.plan(full(1, OBJECTS)));
    const before = await ours();
    for (let copy = 0; copy < 3; copy++) await nft('add rule ip filter FORWARD counter jump POLYPLANE-FORWARD');
    await add('add rule % filter FORWARD ct state established counter');
    await session.audit();
    expect(await ours()).to.equal(before);
  });

  it('counts the rules that iptables hides when it looks for the variant in use', async () => {
    const session = await backend.open(node);
    await session.apply(session.plan(full(1, OBJECTS)));
    await runner.run('iptables-legacy', ['-A', 'INPUT', '-s', '192.0.2.1', '-j', 'DROP']);
    await add('add rule % filter FORWARD ct state established counter');
    await nft('add rule ip nat PREROUTING ct state established counter');
    expect((await new IptablesBackend().probe(node)).facts).to.include({ iptablesVariant: 'nft' });
    await add('add rule % filter OUTPUT meta skuid 0 counter');
    const { facts, missing } = await new IptablesBackend().probe(node);
    expect(missing).to.deep.equal([]);
    expect(facts).to.include({ iptablesVariant: 'nft' });
  });

  describe('where there is no nft', () => {
    const ruleset = renderedOf(OBJECTS);
    const without = (): KernelDataplane =>
      new KernelDataplane(
        {
          run: async (command, args, stdin) =>
            command === 'nft'
              ? { exitCode: 127, stdout: '', stderr: 'nsenter: failed to execute nft' }
              : runner.run(command, args, stdin),
        },
        'nft',
        [4, 6],
        5,
      );

    it('writes its rules once more at a start, and no jump twice', async () => {
      const first = without();
      await first.apply(first.programTo(await first.read(), ruleset));
      const before = await ours();
      await add('add rule % filter FORWARD ct state established counter');
      for (let start = 0; start < 2; start++) {
        const dataplane = without();
        const state = await dataplane.read();
        expect(dataplane.foreignTables.map(({ family, table }) => `${family} ${table}`)).to.deep.equal([
          '4 filter',
          '6 filter',
        ]);
        await dataplane.apply(dataplane.programTo(state, ruleset));
        expect(await ours()).to.equal(before);
        expect(isEmptyProgram(dataplane.programTo(await dataplane.read(ruleset), ruleset))).to.equal(true);
      }
    });

    it('finds and repairs what it knows by name', async () => {
      const dataplane = without();
      await dataplane.apply(dataplane.programTo(await dataplane.read(), ruleset));
      await add('add rule % filter FORWARD ct state established counter');
      await runner.run('iptables-nft', ['-F', 'POLYPLANE-TO-WORKLOAD']);
      await runner.run('ip6tables-nft', ['-D', 'OUTPUT', '-j', 'POLYPLANE-OUTPUT']);
      const { differences } = dataplane.programTo(await dataplane.read(ruleset), ruleset);
      expect(differences).to.deep.equal([
        'IPv4 filter: chain POLYPLANE-TO-WORKLOAD differs',
        'IPv6 filter: OUTPUT does not begin with -j POLYPLANE-OUTPUT',
      ]);
    });

    it('removes what it knows by name, with its jumps, and says that more may be left', async () => {
      const dataplane = without();
      await dataplane.apply(dataplane.programTo(await dataplane.read(), ruleset));
      await add('add rule % filter FORWARD ct state established counter');
      const rules = { ...(await dataplane.read(ruleset)), sets: new Map() };
      await dataplane.apply(dataplane.programTo(rules, EMPTY_RULESET));
      expect(await ours()).to.equal('');
      expect(() => dataplane.assertReadable())
        .to.throw(IptablesError, /IPv4 filter: nft ended with 127.*IPv6 filter/)
        .with.property('code', 'PP_IPTABLES_READ_INCOMPATIBLE');
    });
  });
});

describe('Hooks', () => {
  it('lead to chains that are asked for where nobody lists them', () => {
    const targets = [...renderedOf(OBJECTS).families.values()].flatMap((tables) =>
      Object.values(tables).flatMap((table) => [...table.hooks.values()]),
    );
    expect(targets.length).to.be.greaterThan(8);
    expect(HOOK_CHAINS).to.include.members(targets);
  });
});

describeOnKernel('A chain that somebody else’s rule leads to', (variant) => {
  let testbed: Testbed;
  before(() => {
    testbed = emptyTestbed();
  });
  after(() => testbed.close());

  it('is emptied and left, keeps nothing else from its place, and is told at the removal', async () => {
    const node = contextOf(testbed);
    const runner = commandRunner(node.networkNamespace, 10);
    const backend = new IptablesBackend({ variant });
    const told: unknown[] = [];
    const logger = { ...SILENT_LOGGER, warn: (fields: object) => told.push(fields) };
    const session = await backend.open({ ...node, logger });
    await session.apply(session.plan(full(1, OBJECTS)));
    const policyChain = (await snapshot(runner, variant)).rules.join('\n').match(/POLYPLANE-PI-\w+/)?.[0] ?? '';
    await runner.run(`iptables-${variant}`, ['-N', 'FOREIGN']);
    await runner.run(`iptables-${variant}`, ['-A', 'FOREIGN', '-s', '192.0.2.1', '-j', policyChain]);
    const withoutPolicy = OBJECTS.filter((object) => object !== POLICY);
    await session.apply(session.plan(delta(2, OBJECTS, withoutPolicy)));
    expect(await session.audit()).to.deep.equal({ repaired: [] });
    const { stdout } = await runner.run(`iptables-${variant}`, ['-S', policyChain]);
    expect(stdout).to.equal(`-N ${policyChain}\n`);
    expect(told).to.deep.equal([{ tables: [], chains: [`IPv4 filter ${policyChain}`] }]);
    const error: unknown = await session.release('remove').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(IptablesError).and.include({ code: 'PP_IPTABLES_CHAIN_IN_USE', isRetriable: false });
    await runner.run(`iptables-${variant}`, ['-F', 'FOREIGN']);
    await runner.run(`iptables-${variant}`, ['-X', 'FOREIGN']);
    await session.release('remove');
    expect(await snapshot(runner, variant)).to.deep.equal(NOTHING);
  });
});

function renderedOf(objects: typeof OBJECTS): Ruleset {
  const state = new DesiredStateStore();
  state.apply(full(1, objects));
  const marks = marksOf(DEFAULT_MARK_MASK);
  return marks === undefined ? EMPTY_RULESET : new Renderer(marks, [4, 6]).render(state, new Map());
}
