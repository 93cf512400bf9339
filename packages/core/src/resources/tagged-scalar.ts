/** What a scalar with a tag means (`!!str 80`), as go-yaml v2 reads it. */
import type { DocumentEvent } from 'js-yaml';
import { integerOf, plainScalarValue, type ScalarValue } from './plain-scalar';

type Directives = DocumentEvent['directives'];

const YAML_TAGS = 'tag:yaml.org,2002:';

/** The whole of a tag as it is written: `!!int`, `!<tag:yaml.org,2002:int>`, `!h!int` of a handle that a `%TAG` line declares. */
export function fullTag(written: string, directives: Directives): string {
  if (written.startsWith('!<')) return written.slice(2, -1);
  const [handle = '!'] = /^!(?:[0-9A-Za-z-]*!)?/.exec(written) ?? [];
  const declared = directives.find((directive) => directive.kind === 'tag' && directive.handle === handle);
  const prefix = declared?.kind === 'tag' ? declared.prefix : handle === '!!' ? YAML_TAGS : handle;
  return prefix + written.slice(handle.length);
}

/** The tag of the key under which maps are merged. */
export const MERGE_TAG = `${YAML_TAGS}merge`;

/**
 * The value of a text with a tag, quoted or not; undefined where the text is none of the tag's. A tag that YAML 1.1 does not
 * have says nothing: the text is the value.
 */
export function taggedScalarValue(tag: string, text: string): ScalarValue | undefined {
  const read = READERS.get(tag);
  return read === undefined ? text : read(text);
}

const READERS: ReadonlyMap<string, (text: string) => ScalarValue | undefined> = new Map([
  [`${YAML_TAGS}bool`, (text) => only('boolean', plainScalarValue(text))],
  [`${YAML_TAGS}int`, (text) => integerOf(text.replaceAll('_', ''))],
  [`${YAML_TAGS}float`, (text) => only('number', plainScalarValue(text))],
  [`${YAML_TAGS}null`, (text) => (plainScalarValue(text) === null ? null : undefined)],
  [`${YAML_TAGS}timestamp`, (text) => (TIMESTAMP.test(text) ? text : undefined)],
  [`${YAML_TAGS}binary`, textOfBase64],
]);

function only(type: 'boolean' | 'number', value: ScalarValue): ScalarValue | undefined {
  return typeof value === type ? value : undefined;
}

/** The forms that go-yaml knows of the timestamps of YAML 1.1. */
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?$/;

function textOfBase64(text: string): string | undefined {
  const code = text.replace(/[\r\n]/g, '');
  const isCode = code.length % 4 === 0 && /^[0-9A-Za-z+/]*={0,2}$/.test(code);
  return isCode ? Buffer.from(code, 'base64').toString('utf8') : undefined;
}
