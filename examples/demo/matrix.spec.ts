import { stripVTControlCharacters as plain } from 'node:util';
import { expect } from 'chai';
import { leftovers } from './host-state';
import { type Cell, differences, formatDifferences, formatMatrix, type Matrix } from './matrix';

function matrix(title: string, ...cells: readonly (readonly Cell[])[]): Matrix {
  return {
    title,
    rows: [
      { name: 'web', place: 'node-1' },
      { name: 'office', place: 'outside' },
    ],
    columns: [
      { name: 'api http', group: 'api' },
      { name: 'api metrics', group: 'api' },
      { name: 'db', group: 'db' },
    ],
    cells,
  };
}

const PREDICTED = matrix('simulator', ['reached', 'dropped', 'refused'], ['reachedAsNode', 'notAsked', 'depends']);
const REAL = matrix('packets', ['reached', 'reached', 'refused'], ['reachedAsNode', 'notAsked', 'depends']);

describe('the demo’s matrix', () => {
  it('has a step of stairs a column, a gap between groups, and the prediction beside what happened', () => {
    expect(plain(formatMatrix(PREDICTED, { beside: PREDICTED })).split('\n')).to.deep.equal([
      '                 ┌ api http',
      '                 │┌ api metrics',
      '                 ││ ┌ db',
      '                 simulator    simulator',
      'web     node-1   ●· ×    ●· ×',
      'office  outside  ◆  ◐    ◆  ◐',
    ]);
  });

  it('marks the rows in which packets do not do what was predicted', () => {
    const [, , , , differing, alike] = plain(formatMatrix(REAL, { beside: PREDICTED })).split('\n');
    expect(differing).to.equal('web     node-1   ●● ×    ●· ×  <- differs');
    expect(alike).not.to.include('differs');
  });

  it('knows each pair that differs', () => {
    expect(differences(PREDICTED, PREDICTED)).to.deep.equal([]);
    const [difference, ...others] = differences(PREDICTED, REAL);
    expect(others).to.deep.equal([]);
    expect(difference).to.deep.include({ from: 'dropped', to: 'reached' });
    expect(difference?.row.name).to.equal('web');
    expect(difference?.column.name).to.equal('api metrics');
  });

  it('tells what changed: by target where several senders share it, else by sender', () => {
    const closed = matrix('packets', ['dropped', 'dropped', 'dropped'], ['dropped', 'notAsked', 'depends']);
    const open = matrix('packets', ['reached', 'reached', 'reached'], ['reached', 'notAsked', 'depends']);
    expect(plain(formatDifferences(differences(open, closed))).split('\n')).to.deep.equal([
      '● -> ·  from web, office to api http',
      '● -> ·  from web to api metrics, db',
    ]);
  });
});

describe('what the demo leaves behind', () => {
  it('is every line that was not there before, and nothing else', () => {
    expect(leftovers(['a', 'b'], ['b'])).to.deep.equal([]);
    expect(leftovers(['a'], ['a', 'iptables-save: -A FORWARD -j X'])).to.deep.equal(['iptables-save: -A FORWARD -j X']);
  });
});
