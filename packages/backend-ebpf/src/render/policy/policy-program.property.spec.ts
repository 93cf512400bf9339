import { expect } from 'chai';
import fc from 'fast-check';
import { arbitraryCase, arbitraryPacket, type PacketSample, type PolicyCase } from '../../testing/arbitrary-policy';
import { describeOnKernel } from '../../testing/on-kernel';
import { PolicyBed } from '../../testing/policy-bed';
import { SimulatedPolicy } from '../../testing/simulated-policy';
import { type RuleId, renderPolicyProgram } from './policy-program';
import { PART_LIMITS, type PartLimits } from './program-parts';

/** So small that almost every program is split, with places that other parts jump to. */
const TINY: PartLimits = { slots: 160, branches: 20 };
const CASES = 200;

describeOnKernel('a loaded policy program', () => {
  let bed: PolicyBed;
  before(() => {
    bed = new PolicyBed();
  });
  after(() => bed.close());

  function holdAgainstSimulator(asked: PolicyCase, samples: readonly PacketSample[], limits: PartLimits): void {
    const simulated = new SimulatedPolicy(asked);
    const program = renderPolicyProgram(simulated.question, simulated.state, bed, [4, 6], limits);
    bed.load(program, simulated.state);
    for (const sample of samples) {
      const before = new Map([...program.rules].map((rule) => [rule, bed.countOf(rule)]));
      const { verdict, rule } = bed.ask(simulated.packetOf(sample));
      const expected = simulated.answer(sample);
      expect({ verdict, rule }).to.deep.equal({ verdict: expected.verdict, rule: expected.rule });
      expect(countsOf(before)).to.deep.equal(new Map(expected.counted), 'rules that counted the packet');
    }
  }

  /** What was counted since, without those that counted nothing. */
  function countsOf(before: ReadonlyMap<RuleId, { readonly packets: number }>): ReadonlyMap<RuleId, number> {
    const changes = [...before].map(([rule, { packets }]) => [rule, bed.countOf(rule).packets - packets] as const);
    return new Map(changes.filter(([, packets]) => packets > 0));
  }

  for (const [form, limits] of [
    ['whole', PART_LIMITS],
    ['in many parts', TINY],
  ] as const) {
    it(`says what the simulator says, and counts the same rules, ${form}`, function () {
      this.timeout(120_000);
      fc.assert(
        fc.property(arbitraryCase, fc.array(arbitraryPacket, { minLength: 1, maxLength: 12 }), (asked, samples) =>
          holdAgainstSimulator(asked, samples, limits),
        ),
        { numRuns: CASES },
      );
    });
  }
});
