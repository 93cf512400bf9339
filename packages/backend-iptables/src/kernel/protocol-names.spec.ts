import { expect } from 'chai';
import { parseProtocolNames, readProtocolNames } from './protocol-names';

describe('the names of protocols', () => {
  it('are those of protocols(5), without aliases and comments', () => {
    const text =
      '# Internet protocols\n\nip\t0\tIP\t\t# a comment\nipencap 4 IP-ENCAP\ngre\t47\nbroken\nbig 300 BIG\n x 1\n';
    expect([...parseProtocolNames(text)]).to.deep.equal([
      ['ip', 0],
      ['ipencap', 4],
      ['gre', 47],
    ]);
  });

  it('are none where there is no such file, and an error where it cannot be read', async () => {
    expect((await readProtocolNames('/none/protocols')).size).to.equal(0);
    const error: unknown = await readProtocolNames('/').catch((reason: unknown) => reason);
    expect(error).to.have.property('code', 'PP_IPTABLES_READ_FAILED');
  });
});
