import { expect } from 'chai';
import { CliError } from '../cli-error';
import { collect } from './collect';

describe('the parts of a bundle', () => {
  it('are there as far as they can be had, and each that is missing has its reason', async () => {
    const { files, missing } = await collect([
      { name: 'a', read: () => 'A' },
      { name: 'b', read: () => Promise.reject(new CliError('PP_CLI_HOST_UNABLE', 'not root')) },
      { name: 'c', read: () => undefined },
      {
        name: 'd',
        read: () => {
          throw new TypeError('a defect');
        },
      },
      { name: 'e', read: () => Promise.reject('no error at all') },
      { name: 'f', read: async () => 'F' },
    ]);
    expect(files).to.deep.equal([
      { name: 'a', text: 'A' },
      { name: 'f', text: 'F' },
    ]);
    expect(missing.map(({ name, reason }) => `${name}: ${reason}`)).to.deep.equal([
      'b: not root (PP_CLI_HOST_UNABLE)',
      'd: a defect',
      'e: no error at all',
    ]);
    expect(missing[1]?.stack).to.match(/TypeError: a defect\n\s+at /);
  });

  it('have no secret, be it in a text or in the reason why there is none', async () => {
    const { files, missing } = await collect([
      { name: 'a', read: () => 'Bearer hunter2hunter2' },
      { name: 'b', read: () => Promise.reject(new Error('GET https://u:hunter2@h/ failed')) },
    ]);
    expect(JSON.stringify({ files, missing })).not.to.contain('hunter2');
  });
});
