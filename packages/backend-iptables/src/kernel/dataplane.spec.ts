import { expect } from 'chai';
import type { CommandResult, CommandRunner } from '@polyplane/linux';
import { EMPTY_RULESET } from '../render/ruleset';
import { KernelDataplane } from './dataplane';

/** Answers by the command with its first words; what it is not told of succeeds and says nothing. */
function runnerOf(answers: Readonly<Record<string, Partial<CommandResult>>>, log: string[] = []): CommandRunner {
  return {
    run: async (command, args) => {
      const line = [command, ...args].join(' ');
      log.push(line);
      const known = Object.entries(answers).find(([start]) => line === start || line.startsWith(`${start} -`));
      return { exitCode: 0, stdout: command === 'sysctl' ? '0\n' : '', stderr: '', ...known?.[1] };
    },
  };
}

const dataplaneOf = (runner: CommandRunner) => new KernelDataplane(runner, 'nft', [4], 5);
const codeOf = async (action: Promise<unknown>): Promise<unknown> => action.catch((error: unknown) => error);

describe('KernelDataplane', () => {
  const applied = (stderr: string, exitCode = 4) => {
    const dataplane = dataplaneOf(runnerOf({ 'iptables-nft-restore': { exitCode, stderr } }));
    const program = {
      ...dataplane.programTo({ families: new Map(), sets: new Map(), localnet: 'off' }, EMPTY_RULESET),
    };
    return codeOf(dataplane.apply({ ...program, restores: [{ family: 4, text: '*filter\n-A X -j Y\nCOMMIT\n' }] }));
  };

  it('tries again what a held lock or a full buffer kept from being written', async () => {
    for (const reason of [
      'Another app is currently holding the xtables lock.',
      'line 2: RULE_APPEND failed (Resource temporarily unavailable): rule in chain X',
      'line 2: RULE_APPEND failed (No buffer space available): rule in chain X',
      'Could not fetch rule set generation id',
    ]) {
      expect(await applied(reason), reason).to.include({ code: 'PP_IPTABLES_RESTORE_FAILED', isRetriable: true });
    }
  });

  it('does not try again what the kernel refused for good, though the exit code is the same', async () => {
    for (const reason of [
      'line 2: RULE_APPEND failed (Invalid argument): rule in chain X',
      'line 2: CHAIN_ADD failed (Operation not supported): chain PREROUTING',
    ]) {
      expect(await applied(reason), reason).to.include({ code: 'PP_IPTABLES_RESTORE_FAILED', isRetriable: false });
    }
    expect(await applied('Set x does not exist', 2)).to.include({ isRetriable: false });
  });

  it('reads its own sets one by one where a set of somebody else keeps ipset from saving all', async () => {
    const log: string[] = [];
    const own = 'create POLYPLANE-N4-a hash:net family inet maxelem 1048576\nadd POLYPLANE-N4-a 10.0.0.1\n';
    const runner = runnerOf(
      {
        'ipset save': { exitCode: 1, stderr: 'Kernel and userspace incompatible: settype hash:net with revision 9' },
        'ipset list -name': { stdout: 'foreign\nPOLYPLANE-N4-a\n' },
        'ipset save POLYPLANE-N4-a': { stdout: own },
      },
      log,
    );
    const { sets } = await dataplaneOf(runner).read();
    expect([...sets.keys()]).to.deep.equal(['POLYPLANE-N4-a']);
    expect(log).not.to.include('ipset save foreign');
    const failing = runnerOf({ 'ipset save': { exitCode: 1, stderr: 'no' }, 'ipset list -name': { exitCode: 1 } });
    expect(await codeOf(dataplaneOf(failing).read())).to.include({ code: 'PP_IPTABLES_READ_FAILED' });
  });

  it('does not take a table of the legacy variant that ends before its end', async () => {
    const runner = runnerOf({ 'iptables-legacy-save': { stdout: '*filter\n:POLYPLANE-A - [0:0]\n-A POLYP' } });
    const dataplane = new KernelDataplane(runner, 'legacy', [4], 5);
    expect(await codeOf(dataplane.read())).to.include({ code: 'PP_IPTABLES_READ_FAILED', isRetriable: true });
  });
});
