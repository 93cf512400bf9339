import { expect } from 'chai';
import { fixedChain } from './names';
import { type KernelState, renderProgram, stateAfter } from './program';
import { RuleForms } from './rule-forms';
import { formatRule } from './rule-text';
import { EMPTY_FAMILY, type Ruleset } from './ruleset';

const chain = fixedChain('A');
const rule = formatRule({ protocol: { value: 47 as never }, target: { kind: 'drop' } });
const wanted: Ruleset = {
  families: new Map([
    [4, { ...EMPTY_FAMILY, filter: { chains: new Map([[chain, [rule]]]), hooks: new Map() } }] as const,
  ]),
  sets: new Map(),
  routesLocalnet: false,
};

/** What is read when the chain's rule is printed so. */
function reading(text: string): KernelState {
  const state = stateAfter({ families: new Map(), sets: new Map(), localnet: 'off' }, wanted);
  const family = state.families.get(4);
  if (family === undefined) throw new Error('no state');
  const filter = { ...family.filter, chains: new Map([[String(chain), [text]]]) };
  return { ...state, families: new Map([[4, { ...family, filter }] as const]) };
}

const isEqual = (forms: RuleForms, state: KernelState): boolean =>
  renderProgram(forms.translate(state), wanted, 1000).restores.length === 0;

describe('RuleForms', () => {
  it('learns a form that writing the rule anew does not change', () => {
    const forms = new RuleForms();
    expect(forms.learn(reading('-p gre -j DROP'), reading('-p gre -j DROP'), wanted)).to.equal(1);
    expect(isEqual(forms, reading('-p gre -j DROP'))).to.equal(true);
    expect(isEqual(forms, reading('-p gre -j ACCEPT'))).to.equal(false);
  });

  it('does not learn what somebody else had written', () => {
    const forms = new RuleForms();
    expect(forms.learn(reading('-j ACCEPT'), reading(rule), wanted)).to.equal(0);
    expect(forms.learn(reading('-j ACCEPT'), reading('-j RETURN'), wanted)).to.equal(0);
    expect(isEqual(forms, reading('-j ACCEPT'))).to.equal(false);
  });
});
