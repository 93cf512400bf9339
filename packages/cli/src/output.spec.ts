import { expect } from 'chai';
import { terminalWidth } from './output';

describe('the width of the terminal', () => {
  // What a stream that is no terminal has.
  const none = { columns: undefined } as unknown as { columns: number };

  it('is the terminal’s own, before what the environment says', () => {
    expect(terminalWidth({ columns: 80 }, { COLUMNS: '120' })).to.equal(80);
  });

  it('is what the environment says where there is none, or none that knows', () => {
    expect(terminalWidth(none, { COLUMNS: '120' })).to.equal(120);
    expect(terminalWidth({ columns: 0 }, { COLUMNS: '120' })).to.equal(120);
  });

  it('is open where nobody says', () => {
    for (const COLUMNS of [undefined, '', '0', '-1', '1e3', 'wide', '99999']) {
      expect(terminalWidth(none, { COLUMNS })).to.equal(undefined);
    }
  });
});
