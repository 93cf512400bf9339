/**
 * What becomes of a field that an object's kind does not have (Kubernetes' "server-side field validation"). `strict`: the object
 * is refused, as kubectl refuses it. `warn`: the field is told and passed over, but what a rule or a selector says with it is
 * not known, so that it closes as what cannot be read does. `ignore`: read on as if the field were not there, without a word.
 */
export type FieldValidation = (typeof FIELD_VALIDATIONS)[number];

/** Every {@link FieldValidation}. */
export const FIELD_VALIDATIONS = ['strict', 'warn', 'ignore'] as const;
