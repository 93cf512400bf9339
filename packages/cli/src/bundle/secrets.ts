/** Leaves secrets out of what is handed on: by the name of a field, and by the look of a text. */

/** What stands in a secret's place. */
export const LEFT_OUT = '(left out)';

/** Names of fields whose values are secrets or may be: better one too many. */
const SECRET_FIELD =
  /token|secret|passw|passphrase|credential|private|(^|[^a-z])(key|cert|auth|env)|(Key|Cert|Auth|Env)|certificate|bearer|cookie/;

/** Texts that are secrets wherever they stand. */
const SECRET_TEXTS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)/g, LEFT_OUT],
  // A JSON Web Token: three base64url parts, the first of them an object (RFC 7519).
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, LEFT_OUT],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${LEFT_OUT}`],
  // User information of a URL (RFC 3986, 3.2.1).
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${LEFT_OUT}@`],
  [/\b(token|password|passwd|passphrase|secret|api[-_]?key)(["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi, `$1$2${LEFT_OUT}`],
];

/** The text without what looks like a secret. */
export function withoutSecretTexts(text: string): string {
  return SECRET_TEXTS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

/** Plain data without fields that may hold a secret, and without texts that look like one. */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecretTexts(value);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, SECRET_FIELD.test(name) ? LEFT_OUT : withoutSecrets(inner)]),
  );
}
