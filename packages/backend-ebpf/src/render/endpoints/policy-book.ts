/** The policy programs of all endpoints: equal questions share one, and each is rendered anew only when its policies are others. */
import type { DesiredState, Policy, PolicyKey, Profile, ProfileKey } from '@polyplane/core/backend';
import { type PolicyNumbers, type PolicyProgram, renderPolicyProgram } from '../policy/policy-program';
import type { PolicyQuestion } from '../policy/policy-question';

/** A question as text: equal questions have equal texts. */
export type QuestionKey = string;

/** A program with the policies and profiles that it was rendered from. */
interface RenderedAnswer {
  readonly program: PolicyProgram;
  /** In the order in which the question names them; undefined where one is not there. */
  readonly judges: readonly (Policy | Profile | undefined)[];
}

/** The programs that a state asks for. */
export type PolicyPrograms = ReadonlyMap<QuestionKey, PolicyProgram>;

export class PolicyBook {
  private readonly answers = new Map<QuestionKey, RenderedAnswer>();
  private readonly keys = new WeakMap<PolicyQuestion, QuestionKey>();

  constructor(private readonly numbers: PolicyNumbers) {}

  keyOf(question: PolicyQuestion): QuestionKey {
    const known = this.keys.get(question);
    if (known !== undefined) return known;
    const key = JSON.stringify(question);
    this.keys.set(question, key);
    return key;
  }

  /** The same program as before, as an object, where neither question nor policies have changed. */
  programsFor(questions: ReadonlyMap<QuestionKey, PolicyQuestion>, state: DesiredState): PolicyPrograms {
    return new Map([...questions].map(([key, question]) => [key, this.programFor(key, question, state)] as const));
  }

  /** Forgets what nobody asks any more. */
  keepOnly(programs: PolicyPrograms): void {
    for (const key of this.answers.keys()) if (!programs.has(key)) this.answers.delete(key);
    const rules = new Set([...programs.values()].flatMap((program) => [...program.rules]));
    this.numbers.rules.keepOnly(rules);
  }

  private programFor(key: QuestionKey, question: PolicyQuestion, state: DesiredState): PolicyProgram {
    const judges = judgesOf(question).map((judge) => find(state, judge));
    const known = this.answers.get(key);
    if (known?.judges.every((judge, index) => judge === judges[index]) === true) return known.program;
    const program = renderPolicyProgram(question, state, this.numbers);
    this.answers.set(key, { program, judges });
    return program;
  }
}

function judgesOf({ tiers, profiles, direction }: PolicyQuestion): readonly (PolicyKey | ProfileKey)[] {
  return [...tiers.flatMap((tier) => tier[direction]), ...profiles];
}

function find({ policies, profiles }: DesiredState, key: PolicyKey | ProfileKey): Policy | Profile | undefined {
  // A key's type is in its text.
  return key.startsWith('policy/') ? policies.get(key as PolicyKey) : profiles.get(key as ProfileKey);
}
