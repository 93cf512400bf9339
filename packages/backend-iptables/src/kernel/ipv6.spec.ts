import { expect } from 'chai';
import type { CommandRunner } from '@polyplane/linux';
import { type Ipv6Facts, programmedFamilies, readIpv6 } from './ipv6';

describe('readIpv6', () => {
  it('finds IPv6 usable where ip6tables takes rules for every table', async () => {
    expect(await readIpv6(host({ restores: true, settings: [0, 0] }), 'nft')).to.deep.equal({ state: 'usable' });
  });

  it('finds it disabled where ip6tables fails and no interface, nor one to come, speaks IPv6', async () => {
    for (const settings of [[], [1, 1, 1]]) {
      expect(await readIpv6(host({ restores: false, settings }), 'legacy')).to.include({ state: 'disabled' });
    }
  });

  it('finds it unusable where an interface still speaks IPv6, or where nobody can tell', async () => {
    expect(await readIpv6(host({ restores: false, settings: [1, 1, 0] }), 'nft')).to.deep.equal({
      state: 'unusable',
      reason: 'ip6tables-nft-restore: no such table',
    });
    expect(await readIpv6(host({ restores: false, settings: 'unreadable' }), 'nft')).to.include({ state: 'unusable' });
  });

  it('takes a command that is not there for one that fails', async () => {
    const facts = await readIpv6(host({ restores: 'missing', settings: [0] }), 'nft');
    expect(facts).to.deep.equal({ state: 'unusable', reason: 'no such command' });
  });

  it('has both families programmed exactly where IPv6 is usable', () => {
    const disabled: Ipv6Facts = { state: 'disabled', reason: 'off' };
    expect([programmedFamilies({ state: 'usable' }), programmedFamilies(disabled)]).to.deep.equal([[4, 6], [4]]);
  });
});

function host(answers: {
  readonly restores: boolean | 'missing';
  readonly settings: readonly number[] | 'unreadable';
}): CommandRunner {
  const { restores, settings } = answers;
  return {
    run: async (command) => {
      if (command !== 'sysctl') {
        if (restores === 'missing') throw new Error('no such command');
        return restores ? SUCCESS : { exitCode: 2, stdout: '', stderr: 'no such table' };
      }
      if (settings === 'unreadable') return { exitCode: 1, stdout: '', stderr: 'permission denied' };
      const lines = settings.map((value, index) => `net.ipv6.conf.eth${index}/7.disable_ipv6 = ${value}\n`);
      return { ...SUCCESS, stdout: lines.join('') };
    },
  };
}

const SUCCESS = { exitCode: 0, stdout: '', stderr: '' };
