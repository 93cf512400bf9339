/** What counts of an object that is not as its API has it: all of it, what closes of it, or nothing. */
import { closeObject, closes } from './closing/close-object';
import type { FaultyObject } from './faulty-object';
import type { ParsedResource } from './parsed-resource';
import { faultsOfIssues, faultsOfUnknownFields, type ResourceFault } from './resource-fault';

/**
 * An unknown field refuses the object under `strict`. Otherwise what cannot be read of a policy closes, where the rest says whom
 * it is for; other objects are read without the unknown fields, or not at all.
 */
export function readFaulty(faulty: FaultyObject): ParsedResource {
  const { kind, object, whole, unknown, validation } = faulty;
  const closed = closeObject(faulty);
  const issues = closed?.issues ?? whole.issues;
  const isPassedOver = validation === 'warn' && issues.length === 0;
  const counting = closed?.resource ?? (closes(kind) ? undefined : whole.resource);
  if (isPassedOver && counting !== undefined) {
    const faults = faultsOfUnknownFields(unknown, object, 'PP_FIELD_PASSED_OVER');
    return { outcome: 'resource', resource: counting, faults };
  }
  const unknownCode = isPassedOver || validation === 'strict' ? 'PP_FIELD_UNKNOWN' : 'PP_FIELD_PASSED_OVER';
  const faults = [...faultsOfUnknownFields(unknown, object, unknownCode), ...faultsOfIssues(issues, object)];
  return {
    outcome: 'faulty',
    // Who comes here has an issue or an unknown field.
    faults: faults as [ResourceFault, ...ResourceFault[]],
    ...(closed !== undefined && {
      closed: { resource: closed.resource, isRefused: unknown.length > 0 && validation === 'strict' },
    }),
  };
}
