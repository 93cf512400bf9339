import { expect } from 'chai';
import type { CommandRunner } from '@polyplane/linux';
import { chooseVariant, readLegacyFamilies, readVariant } from './variant';

describe('readVariant', () => {
  it('only reads of the legacy variant, whose tables a trial would register', async () => {
    const commands: string[] = [];
    const noting: CommandRunner = {
      run: async (command) => {
        commands.push(command);
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    };
    expect(await readVariant(noting, 'legacy')).to.include({ isUsable: true });
    expect(commands).to.deep.equal(['iptables-legacy-save']);
  });

  it('says what a command that fails said', async () => {
    const failing: CommandRunner = {
      run: async (command) => ({ exitCode: 2, stdout: '', stderr: `${command}: Operation not permitted` }),
    };
    expect(await readVariant(failing, 'nft')).to.deep.equal({
      variant: 'nft',
      isUsable: false,
      reason: 'iptables-nft-save: Operation not permitted',
      ruleCount: 0,
    });
  });
});

describe('chooseVariant', () => {
  const facts = (variant: 'nft' | 'legacy', ruleCount: number) => ({ variant, isUsable: true, reason: '', ruleCount });

  it('waits for the lock of the whole host, where another namespace’s iptables-legacy has it', async () => {
    const { chosen } = await chooseVariant(LOCKED, 'legacy', [facts('legacy', 0)]);
    expect(chosen).to.deep.equal(facts('legacy', 0));
  });

  it('tries the legacy variant before it is used, and takes the other one where it does not work', async () => {
    const failing: CommandRunner = {
      run: async (command) => ({ exitCode: command.includes('legacy') ? 3 : 0, stdout: '', stderr: 'no module' }),
    };
    const { chosen, variants } = await chooseVariant(failing, 'auto', [facts('nft', 1), facts('legacy', 7)]);
    expect(chosen).to.deep.equal(facts('nft', 1));
    expect(variants[1]).to.deep.equal({ variant: 'legacy', isUsable: false, reason: 'no module', ruleCount: 0 });
    expect(await chooseVariant(failing, 'legacy', [facts('legacy', 7)])).not.to.have.property('chosen');
  });
});

describe('readLegacyFamilies', () => {
  it('are those whose tables the namespace has', async () => {
    const runner: CommandRunner = {
      run: async (_command, [file]) =>
        file === '/proc/net/ip6_tables_names'
          ? { exitCode: 0, stdout: 'filter\nnat\n', stderr: '' }
          : { exitCode: 1, stdout: '', stderr: 'No such file or directory' },
    };
    expect(await readLegacyFamilies(runner)).to.deep.equal([6]);
  });
});

/** Who does not ask to wait for the lock gives up at once: versions of iptables differ in it. */
const LOCKED: CommandRunner = {
  run: async (command, args) => {
    const isHeldUp = command.endsWith('-restore') && !args.includes('--wait');
    return isHeldUp
      ? { exitCode: 4, stdout: '', stderr: 'Another app is currently holding the xtables lock.' }
      : { exitCode: 0, stdout: '', stderr: '' };
  },
};
