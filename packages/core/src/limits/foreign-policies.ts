/** Policies of kinds and API versions that are not read: whichever backend runs, it does nothing of what they say. */
import type { CoreErrorCode } from '../core-error';
import type { ResourceProblem } from '../resources/resource-problem';
import { diagnose } from './diagnose';
import type { Diagnostic, Limit } from './limit';

const CODE = 'PP_POLICY_NOT_READ' satisfies CoreErrorCode;

const NOT_READ: Limit = {
  code: CODE,
  feature: 'foreignPolicy',
  support: 'unsupported',
  effect: 'objectIgnored',
  message: 'Policies of this kind or API version are not read: nothing that it says is in force.',
  remedy: 'Write it as a kind that is read, or leave it to the system whose kind it is.',
  source: 'docs/reading-objects.md',
};

/** What these problems say of such policies, with the places where they stand. */
export function foreignPolicies(problems: readonly ResourceProblem[]): readonly Diagnostic[] {
  return problems.flatMap(({ error, object, file, line }): readonly Diagnostic[] => {
    if (error.code !== CODE || object === undefined) return [];
    const finding = diagnose(NOT_READ, { feature: 'foreignPolicy', object, field: 'apiVersion' });
    return [{ ...finding, ...(file !== undefined && { file }), ...(line !== undefined && { line }) }];
  });
}
