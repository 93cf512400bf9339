import { expect } from 'chai';
import { type ChainName, fixedChain, type SetName, setOf } from './names';
import { isEmptyProgram, type KernelState, renderProgram, stateAfter } from './program';
import { formatRule, type RuleText } from './rule-text';
import { EMPTY_FAMILY, EMPTY_RULESET, type KernelSet, type Ruleset } from './ruleset';

const NOTHING: KernelState = { families: new Map(), sets: new Map(), localnet: 'off' };
const A = fixedChain('A');
const B = fixedChain('B');
const drop = formatRule({ target: { kind: 'drop' } });
const accept = formatRule({ target: { kind: 'accept' } });
const toB = formatRule({ target: { kind: 'jump', chain: B } });

function ruleset(
  chains: readonly (readonly [ChainName, readonly RuleText[]])[],
  sets: readonly KernelSet[] = [],
): Ruleset {
  const filter = { chains: new Map(chains), hooks: new Map([['INPUT', A] as const]) };
  return {
    families: new Map([[4, { ...EMPTY_FAMILY, filter }] as const]),
    sets: new Map(sets.map((set) => [set.name, set])),
    routesLocalnet: false,
  };
}

function set(name: SetName, members: readonly string[], overrides: Partial<KernelSet> = {}): KernelSet {
  return { name, type: 'hash:net', family: 4, maxElements: 1024, members: new Set(members), ...overrides };
}

const restoresOf = (state: KernelState, wanted: Ruleset, size = 1000): readonly string[] =>
  renderProgram(state, wanted, size).restores.map(({ text }) => text);

describe('renderProgram', () => {
  it('declares every chain before a rule names it, and hooks in last', () => {
    expect(
      restoresOf(
        NOTHING,
        ruleset([
          [A, [toB]],
          [B, [drop]],
        ]),
      ),
    ).to.deep.equal([
      [
        '*filter',
        ':POLYPLANE-A - [0:0]',
        ':POLYPLANE-B - [0:0]',
        '-A POLYPLANE-A -j POLYPLANE-B',
        '-A POLYPLANE-B -j DROP',
        '-I INPUT 1 -j POLYPLANE-A',
        'COMMIT',
        '',
      ].join('\n'),
    ]);
  });

  it('writes only the chains that differ', () => {
    const before = stateAfter(
      NOTHING,
      ruleset([
        [A, [toB]],
        [B, [drop]],
      ]),
    );
    expect(
      restoresOf(
        before,
        ruleset([
          [A, [toB]],
          [B, [accept]],
        ]),
      ),
    ).to.deep.equal(['*filter\n:POLYPLANE-B - [0:0]\n-A POLYPLANE-B -j ACCEPT\nCOMMIT\n']);
    expect(
      isEmptyProgram(
        renderProgram(
          before,
          ruleset([
            [A, [toB]],
            [B, [drop]],
          ]),
          1000,
        ),
      ),
    ).to.equal(true);
  });

  it('empties a chain that goes, and deletes it when nothing leads to it any more', () => {
    const before = stateAfter(
      NOTHING,
      ruleset([
        [A, [toB]],
        [B, [drop]],
      ]),
    );
    expect(restoresOf(before, ruleset([[A, [drop]]]))).to.deep.equal([
      '*filter\n:POLYPLANE-B - [0:0]\n:POLYPLANE-A - [0:0]\n-A POLYPLANE-A -j DROP\n-X POLYPLANE-B\nCOMMIT\n',
    ]);
    expect(restoresOf(before, EMPTY_RULESET)).to.deep.equal([
      '*filter\n:POLYPLANE-A - [0:0]\n:POLYPLANE-B - [0:0]\n-D INPUT -j POLYPLANE-A\n-X POLYPLANE-A\n-X POLYPLANE-B\nCOMMIT\n',
    ]);
  });

  it('puts a misplaced jump first again', () => {
    const wanted = ruleset([[A, [drop]]]);
    const right = stateAfter(NOTHING, wanted);
    const filter = right.families.get(4)?.filter;
    if (filter === undefined) throw new Error('no state');
    const misplaced = {
      ...filter,
      hooks: new Map([['INPUT', { rules: ['-j POLYPLANE-A'], isFirst: false }] as const]),
    };
    const state = { ...right, families: new Map([[4, { ...EMPTY, filter: misplaced }] as const]) };
    expect(restoresOf(state, wanted)).to.deep.equal([
      '*filter\n-D INPUT -j POLYPLANE-A\n-I INPUT 1 -j POLYPLANE-A\nCOMMIT\n',
    ]);
  });

  it('writes many new chains piece by piece, each after those that it leads to, and what leads to them last', () => {
    const C = fixedChain('C');
    const toC = formatRule({ target: { kind: 'goto', chain: C } });
    const texts = restoresOf(
      NOTHING,
      ruleset([
        [A, [toB]],
        [B, [toC]],
        [C, [drop]],
      ]),
      1,
    );
    expect(texts.map((text) => text.match(/^(:\S+|-I .*)/gm))).to.deep.equal([
      [':POLYPLANE-C'],
      [':POLYPLANE-B'],
      [':POLYPLANE-A'],
      ['-I INPUT 1 -j POLYPLANE-A'],
    ]);
  });

  it('changes members of a set, and makes a set of another size anew and swaps it in', () => {
    const name = setOf('N', 4, 'a');
    const before = stateAfter(NOTHING, ruleset([], [set(name, ['10.0.0.1', '10.0.0.2'])]));
    expect(renderProgram(before, ruleset([], [set(name, ['10.0.0.2', '10.0.0.3'])]), 1)).to.include({
      setsBefore: `add ${name} 10.0.0.3\ndel ${name} 10.0.0.1\n`,
      setsAfter: '',
    });
    const { setsBefore, setsAfter } = renderProgram(
      before,
      ruleset([], [set(name, ['10.0.0.1'], { maxElements: 2048 })]),
      1,
    );
    expect(setsBefore).to.match(
      /^create (\S+) hash:net family inet maxelem 2048\nadd \1 10.0.0.1\nswap \1 POLYPLANE-N4-a\n$/,
    );
    expect(setsAfter).to.match(/^destroy POLYPLANE-T4-\S+\n$/);
    expect(renderProgram(before, EMPTY_RULESET, 1).setsAfter).to.equal(`destroy ${name}\n`);
  });

  it('routes localhost when that is wanted, and stops only what was ours', () => {
    const wanted: Ruleset = { ...EMPTY_RULESET, routesLocalnet: true };
    expect(renderProgram(NOTHING, wanted, 1).localnet).to.equal('on');
    expect(renderProgram({ ...NOTHING, localnet: 'foreign' }, wanted, 1).localnet).to.equal('keep');
    expect(renderProgram({ ...NOTHING, localnet: 'stopped' }, wanted, 1).localnet).to.equal('on');
    expect(renderProgram({ ...NOTHING, localnet: 'ours' }, EMPTY_RULESET, 1).localnet).to.equal('off');
    expect(renderProgram({ ...NOTHING, localnet: 'foreign' }, EMPTY_RULESET, 1).localnet).to.equal('keep');
  });
});

const EMPTY_STATE_TABLE = { chains: new Map<string, readonly string[]>(), hooks: new Map<never, never>() };
const EMPTY = { raw: EMPTY_STATE_TABLE, mangle: EMPTY_STATE_TABLE, filter: EMPTY_STATE_TABLE, nat: EMPTY_STATE_TABLE };
