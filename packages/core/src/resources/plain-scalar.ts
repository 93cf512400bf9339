/** What an unquoted scalar of a manifest means: the types of YAML 1.1 as kubectl reads them (go-yaml v2, as sigs.k8s.io/yaml uses it). */

/** What a scalar stands for. */
export type ScalarValue = string | number | boolean | null;

/**
 * The value of a plain scalar without a tag. Truth values also as `yes`, `on` and their opposites; a single `y` or `n`, which kubectl takes for a
 * truth value in any place, is a text here, and a truth value where one is expected: `truthValue` of the schemas; numbers with a
 * leading zero are octal, `_` parts digits; a moment in time and a number to the base of 60 are texts. Whole numbers beyond
 * 53 bits lose precision.
 */
export function plainScalarValue(text: string): ScalarValue {
  const first = text.charCodeAt(0);
  // Of all that is no text, only what is no number begins with a letter, `~`, or nothing.
  if (!(first < CODE_OF_COLON)) return NAMED_STARTS.has(first) ? valueOfName(text) : text;
  return first >= CODE_OF_PLUS ? valueOfNumber(text) : text;
}

const CODE_OF_PLUS = 0x2b;
const CODE_OF_COLON = 0x3a;

const NAMED = new Map<string, ScalarValue>([
  ...named(true, ['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']),
  ...named(false, ['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']),
  ...named(null, ['', '~', 'null', 'Null', 'NULL']),
]);

const NAMED_STARTS = new Set(Array.from(NAMED.keys(), (name) => name.charCodeAt(0)));

const NOT_FINITE = new Map<string, number>([
  ...named(Number.NaN, ['.nan', '.NaN', '.NAN']),
  ...named(Number.POSITIVE_INFINITY, ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF']),
  ...named(Number.NEGATIVE_INFINITY, ['-.inf', '-.Inf', '-.INF']),
]);

function named<Value>(value: Value, names: readonly string[]): readonly (readonly [string, Value])[] {
  return names.map((name) => [name, value]);
}

function valueOfName(text: string): ScalarValue {
  const value = NAMED.get(text);
  return value === undefined ? text : value;
}

const INTEGER = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

function valueOfNumber(text: string): number | string {
  if (FEW_DIGITS.test(text)) return Number(text);
  const notFinite = NOT_FINITE.get(text);
  if (notFinite !== undefined) return notFinite;
  // After a point at the beginning `_` counts only between digits.
  if (text.startsWith('.') && /(?<![0-9])_|_(?![0-9])/.test(text)) return text;
  const digits = text.replaceAll('_', '');
  const value = integerOf(digits) ?? (FLOAT.test(digits) ? Number(digits) : undefined);
  return value !== undefined && Number.isFinite(value) ? value : text;
}

/** Decimal, and far from what loses precision. */
const FEW_DIGITS = /^(?:[1-9][0-9]{0,14}|0)$/;

/** The whole number that the digits write, by their prefix to the base of 2, 8, 10 or 16; undefined for what is none. */
export function integerOf(digits: string): number | undefined {
  if (FEW_DIGITS.test(digits)) return Number(digits);
  if (!INTEGER.test(digits)) return undefined;
  const unsigned = digits.replace(/^[-+]/, '');
  // `0o` is how JavaScript writes octal numbers.
  const magnitude = Number(/^0[0-7]/.test(unsigned) ? `0o${unsigned.slice(1)}` : unsigned);
  return digits.startsWith('-') ? 0 - magnitude : magnitude;
}
