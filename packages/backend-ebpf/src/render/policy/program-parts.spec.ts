import { expect } from 'chai';
import { Label, type Line } from '../../bytecode/assemble';
import { formatLines } from '../../bytecode/format';
import { jump, jumpIf, move, setLabel } from '../../bytecode/write';
import { layOutParts, type Piece } from './program-parts';

const DECISIONS = { allow: new Label('allow'), deny: new Label('deny'), next: new Label('next') };
const LIMITS = { slots: 4, branches: 100 };

const code = (...lines: readonly Line[]): Piece => ({ kind: 'code', lines });
const mark = (value: number): Piece => code(move('r1', value));

/** The marks, jumps and places of each part, without what every part begins and ends with. */
function outline(pieces: readonly Piece[], limits = LIMITS): readonly string[] {
  return layOutParts(pieces, DECISIONS, limits).map((lines) =>
    formatLines(lines)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(r1 = \d+|r3 = part.*|w3 = part.*|goto .*|if r9.*|[a-z ]+:)$/.test(line))
      .filter((line) => !['tell:', 'resume:', 'fail:', 'goto fail'].includes(line))
      .join('; '),
  );
}

describe('layOutParts', () => {
  const end = code(jump(DECISIONS.deny));

  it('keeps what fits in one part', () => {
    expect(outline([mark(1), mark(2), end])).to.deep.equal(['r1 = 1; r1 = 2; goto deny; deny:']);
  });

  it('goes on in another part where one is full', () => {
    expect(outline([1, 2, 3, 4, 5].map(mark).concat(end))).to.deep.equal([
      'r1 = 1; r1 = 2; r1 = 3; r1 = 4; w3 = part 1',
      'r1 = 5; goto deny; deny:',
    ]);
  });

  it('begins a part at a place that another part jumps to, and leads there', () => {
    const place = new Label('place');
    const leave = code(jumpIf('equal', 'r9', 0, place, 64));
    expect(outline([leave, ...[1, 2, 3, 4].map(mark), { kind: 'place', label: place }, end])).to.deep.equal([
      'if r9 == 0 goto place; r1 = 1; r1 = 2; r1 = 3; w3 = part 1; place:; w3 = part 2',
      'r1 = 4; w3 = part 2',
      'goto deny; deny:',
    ]);
  });

  it('sets a place within a part that alone jumps to it, and none that nobody jumps to', () => {
    const [used, unused] = [new Label('used'), new Label('unused')];
    const pieces: readonly Piece[] = [
      code(jumpIf('equal', 'r9', 0, used, 64)),
      { kind: 'place', label: unused },
      mark(1),
      { kind: 'place', label: used },
      end,
    ];
    expect(outline(pieces)).to.deep.equal(['if r9 == 0 goto used; r1 = 1; used:; goto deny; deny:']);
  });

  it('leaves out what no packet reaches, up to a place that one is led to', () => {
    const [place, own] = [new Label('place'), new Label('own')];
    const rule = code(jumpIf('equal', 'r9', 0, own, 64), jump(DECISIONS.allow), setLabel(own));
    const pieces: readonly Piece[] = [
      rule,
      code(jumpIf('equal', 'r9', 1, place, 64)),
      code(jump(DECISIONS.allow)),
      mark(1),
      { kind: 'place', label: place },
      end,
      mark(2),
    ];
    expect(outline(pieces, { slots: 100, branches: 100 })).to.deep.equal([
      'if r9 == 0 goto own; goto allow; own:; if r9 == 1 goto place; goto allow; place:; goto deny; allow:; goto tell; deny:',
    ]);
  });
});
