/** The value of a scalar among a document's events. */
import { type DocumentEvent, getScalarValue, SCALAR_STYLE, type ScalarEvent, YAMLException } from 'js-yaml';
import { plainScalarValue, type ScalarValue } from './plain-scalar';
import { fullTag, MERGE_TAG, taggedScalarValue } from './tagged-scalar';

/** Where a document's events point to, and what its head says. */
export interface DocumentSource {
  readonly text: string;
  readonly directives: DocumentEvent['directives'];
}

/** @throws YAMLException for a text that is none of its tag's, and for a number that JSON does not have */
export function valueOfScalar(event: ScalarEvent, { text, directives }: DocumentSource): ScalarValue {
  const written = getScalarValue(text, event);
  if (event.tagStart < 0) {
    const value = event.style === SCALAR_STYLE.PLAIN ? plainScalarValue(written) : written;
    if (typeof value === 'number' && !Number.isFinite(value)) refuse(event, text, 'a number that JSON does not have');
    return value;
  }
  const tag = text.slice(event.tagStart, event.tagEnd);
  const value = taggedScalarValue(fullTag(tag, directives), written);
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) {
    return refuse(event, text, `a text that ${tag} does not have`);
  }
  return value;
}

/** Whether the scalar is the key under which maps are merged: `<<` without quotes, or with the tag of it. */
export function isMergeKey(event: ScalarEvent, { text, directives }: DocumentSource): boolean {
  if (event.valueEnd - event.valueStart !== 2 || !text.startsWith('<<', event.valueStart)) return false;
  if (event.tagStart < 0) return event.style === SCALAR_STYLE.PLAIN;
  return fullTag(text.slice(event.tagStart, event.tagEnd), directives) === MERGE_TAG;
}

/** The name that a key has in JSON; undefined for what can be none. */
export function nameOfKey(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' ? nameOfNumber(value) : undefined;
}

/** A fraction has the shortest digits that tell it from others of 32 bits, as kubectl writes it: `1.10` is `1.1`. */
function nameOfNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === Math.fround(value)) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}

function refuse({ valueStart }: ScalarEvent, text: string, message: string): never {
  return YAMLException.throwAt(text, Math.max(0, valueStart), message);
}
