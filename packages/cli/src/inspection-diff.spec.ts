import { expect } from 'chai';
import { applyPatch } from 'diff';
import fc from 'fast-check';
import { formatInspectionDiff } from './inspection-diff';

const part = (inForce: readonly string[], wanted: readonly string[], name = 'table') => ({
  parts: [{ name, inForce, wanted }],
});

describe('the difference of an inspection', () => {
  it('is nothing where nothing differs', () => {
    expect(formatInspectionDiff({ parts: [] })).to.equal('');
    expect(formatInspectionDiff(part(['a', 'b'], ['a', 'b']))).to.equal('');
  });

  it('shows each part that differs under its name, with what stands around', () => {
    const lines = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const changed = lines.map((line) => (line === 'e' ? 'E' : line));
    const same = { name: 'same', inForce: ['x'], wanted: ['x'] };
    const gone = { name: 'gone', inForce: ['x'], wanted: [] };
    const text = formatInspectionDiff({ parts: [...part(lines, changed).parts, same, gone] });
    expect(text.split('\n')).to.deep.equal([
      '--- table (in force)',
      '+++ table (would be)',
      '@@ -2,7 +2,7 @@',
      ' b',
      ' c',
      ' d',
      '-e',
      '+E',
      ' f',
      ' g',
      ' h',
      '--- gone (in force)',
      '+++ gone (would be)',
      '@@ -1,1 +0,0 @@',
      '-x',
    ]);
  });

  it('lets nothing steer the terminal', () => {
    expect(formatInspectionDiff(part(['\u001b[2Jx'], []))).not.to.contain('\u001b[2J');
  });

  it('is a patch that leads from what is in force to what would be', () => {
    const lines = fc.array(fc.stringMatching(/^[ab+-]{1,3}$/), { maxLength: 30 });
    fc.assert(
      fc.property(lines, lines, (inForce, wanted) => {
        const patch = formatInspectionDiff(part(inForce, wanted));
        const textOf = (list: readonly string[]): string => list.map((line) => `${line}\n`).join('');
        if (patch === '') expect(inForce).to.deep.equal(wanted);
        else expect(applyPatch(textOf(inForce), `${patch}\n`)).to.equal(textOf(wanted));
      }),
    );
  });

  it('shows the whole where so much differs that the shortest difference would take too long', () => {
    const many = (prefix: string) => Array.from({ length: 6000 }, (_, index) => `${prefix}${index}`);
    const lines = formatInspectionDiff(part(many('a'), many('b'))).split('\n');
    expect(lines.slice(2, 4)).to.deep.equal(['@@ -1,6000 +1,6000 @@', '-a0']);
    expect(lines).to.have.length(3 + 12_000);
  });
});
