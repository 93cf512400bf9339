import { expect } from 'chai';
import type { Testbed } from '@polyplane/conformance';
import { CoreError, type InterfaceName, type NodeContext } from '@polyplane/core/backend';
import { buildHostEndpoint, buildIpSet, buildTier, buildWorkload } from '@polyplane/core/testing';
import type { CommandRunner } from '@polyplane/linux';
import { IptablesBackend } from './backend';
import { IptablesError } from './iptables-error';
import { commandRunner } from './kernel/linux';
import { loadedAlone, NOTHING, snapshot } from './testing/kernel-snapshot';
import { contextOf, describeOnKernel, emptyTestbed } from './testing/on-kernel';
import { FRIENDS, OBJECTS, POLICY, SERVICE, SETTINGS, WEB } from './testing/sample-states';
import { delta, full } from './testing/transitions';

describeOnKernel('IptablesBackend', (variant) => {
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
    expect(facts).to.include({
      hasNftVariant: true,
      hasLegacyVariant: true,
      iptablesVariant: variant,
      ipv6: 'usable',
    });
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
      const tiers = [buildTier([POLICY])];
      const host = buildHostEndpoint('host', {
        tiers,
        forwardTiers: tiers,
        preDnatTiers: tiers,
        untrackedTiers: tiers,
      });
      await session.apply(session.plan(full(1, [...OBJECTS, host])));
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
});

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return undefined;
}
