import { expect } from 'chai';
import { parseIptablesSave } from '../kernel/save-parser';
import { withOwnProtocolNames } from './protocol-forms';

const NAMES = new Map([
  ['ipencap', 4],
  ['tcp', 6],
  ['gre', 47],
  ['sctp', 132],
]);

/** The rule in our form of one that is printed so. */
function own(rule: string): string | undefined {
  const text = `*filter\n:POLYPLANE-X - [0:0]\n-A POLYPLANE-X ${rule}\nCOMMIT\n`;
  const state = {
    families: new Map([[4, parseIptablesSave(text).tables]] as const),
    sets: new Map(),
    localnet: 'off',
  } as const;
  return withOwnProtocolNames(state, NAMES).families.get(4)?.filter.chains.get('POLYPLANE-X')?.[0];
}

describe('a protocol in a rule that was read', () => {
  it('has a number where we write a number', () => {
    expect(own('-p ipencap -j DROP')).to.equal('-p 4 -j DROP');
    expect(own('-s 10.0.0.1/32 ! -p gre -j DROP')).to.equal('-s 10.0.0.1/32 ! -p 47 -j DROP');
  });

  it('keeps the name that we write, and one that the host does not know', () => {
    for (const rule of [
      '-p tcp -m tcp --dport 80 -j DROP',
      '-p sctp -j DROP',
      '-p nosuch -j DROP',
      '-p 4 -j DROP',
      '-j DROP',
    ]) {
      expect(own(rule)).to.equal(rule);
    }
  });
});
