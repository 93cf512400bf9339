import { expect } from 'chai';
import { assemble, Label } from './assemble';
import { decode } from './decode';
import { formatInstructions, formatLines } from './format';
import {
  alu,
  call,
  constant,
  exit,
  jump,
  jumpIf,
  load,
  loadMap,
  loadSymbol,
  move,
  setLabel,
  store,
  toNetworkOrder,
} from './write';

const END = new Label('end');
const LINES = [
  loadSymbol('r3', 'slot 2'),
  loadMap('r1', 'pp_ip_sets'),
  jumpIf('notEqual', 'r3', 7, END),
  load(2, 'r1', 'r6', 48),
  toNetworkOrder('r1', 16),
  alu('shiftLeft', 'r1', 16, 32),
  store(4, 'r10', -8, 'r1'),
  constant('r2', 0xffff_0000_0000_0001n),
  call('tailCall'),
  setLabel(END),
  move('r0', 2),
  exit(),
];

describe('assemble', () => {
  it('resolves labels and symbols, and says where maps are wanted', () => {
    const { instructions, references } = assemble(LINES, new Map([['slot 2', 9]]));
    expect(references).to.deep.equal([{ instruction: 1, map: 'pp_ip_sets' }]);
    expect(formatInstructions(decode(instructions))).to.equal(
      [
        '    0: w3 = 9',
        '    1: r1 = map #0',
        '    3: if w3 != 7 goto 11',
        '    4: r1 = *(u16 *)(r6 + 48)',
        '    5: r1 = be16 r1',
        '    6: w1 <<= 16',
        '    7: *(u32 *)(r10 - 8) = r1',
        '    8: r2 = 0xffff000000000001 ll',
        '   10: call tailCall',
        '   11: r0 = 2',
        '   12: exit',
        '',
      ].join('\n'),
    );
  });

  it('is printed with its names before that', () => {
    expect(formatLines(LINES)).to.contain('  w3 = slot 2\n  r1 = map pp_ip_sets\n  if w3 != 7 goto end\n');
    expect(formatLines(LINES)).to.contain('end:\n  r0 = 2\n');
  });

  it('takes backward jumps', () => {
    const start = new Label('start');
    const { instructions } = assemble([setLabel(start), move('r0', 0), jump(start)]);
    expect(decode(instructions).at(-1)).to.deep.equal({ kind: 'jump', target: -2 });
  });

  it('refuses what cannot be meant', () => {
    expect(() => assemble([jump(END)])).to.throw(RangeError, /label end is not set/);
    expect(() => assemble([setLabel(END), setLabel(END)])).to.throw(RangeError, /set twice/);
    expect(() => assemble([loadSymbol('r1', 'x')])).to.throw(RangeError, /symbol x has no value/);
    const far = [jump(END), ...Array.from({ length: 32768 }, () => move('r0', 0)), setLabel(END)];
    expect(() => assemble(far)).to.throw(RangeError, /skips 32768 slots/);
  });
});
