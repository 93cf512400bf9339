import { expect } from 'chai';
import type { CommandRunner } from '@polyplane/linux';
import { readVariant } from './variant';

describe('readVariant', () => {
  it('waits for the lock of the whole host, where another namespace’s iptables-legacy has it', async () => {
    const { isUsable } = await readVariant(LOCKED, 'legacy');
    expect(isUsable).to.equal(true);
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

/** Who does not ask to wait for the lock gives up at once: versions of iptables differ in it. */
const LOCKED: CommandRunner = {
  run: async (command, args) => {
    const isHeldUp = command.endsWith('-restore') && !args.includes('--wait');
    return isHeldUp
      ? { exitCode: 4, stdout: '', stderr: 'Another app is currently holding the xtables lock.' }
      : { exitCode: 0, stdout: '', stderr: '' };
  },
};
