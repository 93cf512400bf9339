/** What becomes of what a dataplane lacks: chosen for everything, for a backend, for a feature. */
import { z } from 'zod';
import { CoreError } from '../core-error';
import { FEATURES, type Feature } from './feature';

/**
 * What becomes of an object that needs what the dataplane lacks. `ignore`: as the limit's row says, as if it were not
 * there. `deny`: what it would have judged is denied, and more where it cannot be told apart. `refuse`: the agent does
 * not start with such an object; one that comes later is treated as under `deny`.
 */
export type OnUnsupported = 'ignore' | 'deny' | 'refuse';

/** One answer for every feature, or answers for some and a default for the rest. */
export type OnUnsupportedChoice = OnUnsupported | OnUnsupportedByFeature;

/** A default, and answers for single features. */
export interface OnUnsupportedByFeature {
  readonly default?: OnUnsupported;
  readonly features?: Readonly<Partial<Record<Feature, OnUnsupported>>>;
}

const answer = z.enum(['ignore', 'deny', 'refuse']);

/** Reads what somebody wrote into a {@link OnUnsupportedChoice}. */
export const onUnsupportedChoice: z.ZodType<OnUnsupportedChoice> = z.union(
  [
    answer,
    z.strictObject({
      default: answer.exactOptional(),
      features: z.partialRecord(z.enum(FEATURES), answer).exactOptional(),
    }),
  ],
  { error: 'must be ignore, deny or refuse, or {default, features: {FEATURE: ...}} with these' },
);

/**
 * @param where what the message names
 * @throws CoreError PP_AGENT_OPTIONS_INVALID
 */
export function parseOnUnsupported(raw: unknown, where: string): OnUnsupportedChoice {
  const parsed = onUnsupportedChoice.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new CoreError('PP_AGENT_OPTIONS_INVALID', `${where}: ${parsed.error.issues[0]?.message}`);
}

/** The answer for a feature: the first of `choices` that has one, the feature's own before the choice's default; else `ignore`. */
export function onUnsupportedOf(
  feature: Feature,
  choices: readonly (OnUnsupportedChoice | undefined)[],
): OnUnsupported {
  for (const choice of choices) {
    if (choice === undefined) continue;
    const answer = typeof choice === 'string' ? choice : (choice.features?.[feature] ?? choice.default);
    if (answer !== undefined) return answer;
  }
  return 'ignore';
}
