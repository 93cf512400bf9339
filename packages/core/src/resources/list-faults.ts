/** What is wrong with a list itself, so that none of its objects is lost in silence. */
import type { FieldValidation } from './field-validation';
import { fieldsOf, findUnknownFields } from './fields/known-fields';
import type { ObjectList } from './object-list';
import { resourceKindOf } from './parse';
import { faultsOfIssues, faultsOfUnknownFields, type ResourceFault } from './resource-fault';

const LIST_FIELDS = fieldsOf(['apiVersion', 'kind', 'metadata', 'items']);

/** Whether objects that are read stand in the list, whatever it looks like; others may have a kind that only ends like one. */
export function isListOfRead({ kind, apiVersion }: ObjectList): boolean {
  return kind === 'List' || resourceKindOf(String(apiVersion), kind.slice(0, -'List'.length)) !== undefined;
}

/** Fields that no list has, and `items` that are none. */
export function faultsOfList(list: ObjectList, validation: FieldValidation): readonly ResourceFault[] {
  const { items } = list;
  const isReadable = items === undefined || items === null || Array.isArray(items);
  const unknown = validation === 'ignore' ? [] : findUnknownFields(list, LIST_FIELDS);
  const isRefused = (nearest: string | undefined): boolean => validation === 'strict' || nearest === 'items';
  return [
    ...unknown.flatMap((field) =>
      // Objects under a misspelt key are lost whatever is let pass.
      faultsOfUnknownFields([field], list.kind, isRefused(field.nearest) ? 'PP_FIELD_UNKNOWN' : 'PP_FIELD_PASSED_OVER'),
    ),
    ...(isReadable ? [] : faultsOfIssues([{ path: ['items'], message: 'must be a list' }], list.kind)),
  ];
}
