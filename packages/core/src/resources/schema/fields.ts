/** The building blocks of the resources' schemas: fields as the API server reads them. */
import { z } from 'zod';
import { CoreError } from '../../core-error';
import { familyOf, type IpAddress, type IpFamily, parseCidr, parseIpAddress, parsePort } from '../../state';
import { isPortName } from './names';

/** Null is absent, as in Go's JSON. */
export function optional<Out>(schema: z.ZodType<Out>) {
  return schema.nullish().transform((value): Out | undefined => value ?? undefined);
}

/** A list; null and absent are empty. */
export function list<Out>(schema: z.ZodType<Out>) {
  return z
    .array(schema)
    .nullish()
    .transform((value): readonly Out[] => value ?? []);
}

/** A structure; null and absent are the empty structure. */
export function structure<Out>(schema: z.ZodType<Out>) {
  return z
    .unknown()
    .optional()
    .transform((value): unknown => value ?? {})
    .pipe(schema);
}

const LETTERS = new Map<unknown, boolean>([
  ['y', true],
  ['Y', true],
  ['n', false],
  ['N', false],
]);

/** A truth value; a single `y` or `n` is one too, as kubectl reads YAML. */
export const truthValue = z.preprocess((value) => LETTERS.get(value) ?? value, z.boolean());

/** A flag; null and absent are false. */
export const flag = truthValue.nullish().transform((value) => value ?? false);

/** A text; null and absent are empty, as in Go. */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

/** A text; null, absent and empty are all absent, as Go's `omitempty` has it. */
export const optionalText = z
  .string()
  .nullish()
  .transform((value) => (value === '' ? undefined : (value ?? undefined)));

/** A text with a syntax. */
export function textOf(isValid: (value: string) => boolean, expected: string) {
  return z.string().refine(isValid, { error: (issue) => `${quote(issue.input)} is not ${expected}` });
}

/** One of some words; null, absent and empty mean `fallback`. */
export function choice<const Word extends string>(words: readonly Word[], fallback: Word) {
  return z
    .unknown()
    .optional()
    .transform((value): unknown => (value === '' ? fallback : (value ?? fallback)))
    .pipe(z.enum(words));
}

/** One of some words; null and absent mean `fallback`, as of a pointer in Go: a written empty text is wrong. */
export function writtenChoice<const Word extends string>(words: readonly Word[], fallback: Word) {
  return z
    .enum(words)
    .nullish()
    .transform((value) => value ?? fallback);
}

/** A value read by a parser that throws CoreError. */
export function parsed<Raw, In, Out>(schema: z.ZodType<In, Raw>, parse: (value: In) => Out) {
  return schema.transform((value, context): Out => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

export const ipAddress = parsed(z.string(), parseIpAddress);
export const cidr = parsed(z.string(), parseCidr);
/** An address of one family, if one is written. */
export const addressOfFamily = (family: IpFamily): z.ZodType<IpAddress | undefined> =>
  optionalText.pipe(
    ipAddress
      .transform(suchThat((address) => familyOf(address) === family, `is not an IPv${family} address`))
      .optional(),
  );
export const port = parsed(z.int(), parsePort);

/**
 * An address in an object of Kubernetes' own kinds. Objects from before the API server was strict may write numbers with
 * leading zeros; Kubernetes reads them as decimal (KEP-4858).
 */
export const storedIpAddress = parsed(z.string(), (value) => parseIpAddress(withoutLeadingZeros(value)));
/** As {@link storedIpAddress}. */
export const storedCidr = parsed(z.string(), (value) => parseCidr(withoutLeadingZeros(value)));

/** As {@link storedCidr}, with its length written. */
export const storedRange = z
  .string()
  .refine((value) => value.includes('/'), { error: 'an address range needs a length: address/length' })
  .pipe(storedCidr);

function withoutLeadingZeros(value: string): string {
  return value.replace(/(^|[^0-9a-fA-F])0+(?=[0-9a-fA-F])/g, '$1');
}
export const portName = textOf(isPortName, 'a port name (at most 15 of a-z, 0-9 and -, with a letter)');
export const serviceProtocol = choice(['TCP', 'UDP', 'SCTP'], 'TCP');

/**
 * Checks a value that was read without a fault, as a last step of its transformation. zod's own refinements run on half-read
 * values, too.
 */
export function checked<Value>(check: (value: Value, context: z.RefinementCtx) => void) {
  return (value: Value, context: z.RefinementCtx): Value => {
    check(value, context);
    return value;
  };
}

/** As {@link checked}, with one thing that must hold. */
export function suchThat<Value>(holds: (value: Value) => boolean, message: string) {
  return checked<Value>((value, context) => {
    if (!holds(value)) refuse(context, [], message);
  });
}

/** The value for a message: quoted and short; of a list or map only that it is one. */
export function quote(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a map';
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value);
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
}

/** Reports a broken rule at a path below the structure being read. */
export function refuse(context: z.RefinementCtx, path: (string | number)[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

/** Reports each value that stands in `values` twice. */
export function refuseDuplicates(
  context: z.RefinementCtx,
  values: readonly (string | number | undefined)[],
  pathOf: (index: number) => (string | number)[],
): void {
  const seen = new Set<string | number>();
  values.forEach((value, index) => {
    if (value === undefined) return;
    if (seen.has(value)) refuse(context, pathOf(index), `${quote(value)} comes twice`);
    seen.add(value);
  });
}

/** Reads a value inside a structure's own transform; what is wrong with it is reported at `path`. */
export function readAt<Out>(
  schema: z.ZodType<Out>,
  value: unknown,
  context: z.RefinementCtx,
  path: (string | number)[],
): Out | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    context.addIssue({ code: 'custom', path: [...path, ...issue.path], message: issue.message });
  }
  return undefined;
}

/** A structure with exactly one of some fields, which gives the structure's value. */
export function oneOf<Out>(fields: Readonly<Record<string, z.ZodType<Out>>>) {
  const names = Object.keys(fields);
  return z.record(z.string(), z.unknown()).transform((raw, context): Out => {
    const [name, ...others] = names.filter((field) => raw[field] !== undefined && raw[field] !== null);
    const schema = name === undefined ? undefined : fields[name];
    if (name === undefined || schema === undefined || others.length > 0) {
      refuse(context, [], `needs exactly one of ${names.join(', ')}`);
      return z.NEVER;
    }
    return readAt(schema, raw[name], context, [name]) ?? z.NEVER;
  });
}

/** A list of `max` entries at most; null and absent are empty. */
export function boundedList<Out>(schema: z.ZodType<Out>, max: number) {
  return z
    .array(schema)
    .max(max)
    .nullish()
    .transform((value): readonly Out[] => value ?? []);
}

/** A range that is always written `address/length`. */
export const rangedCidr = z
  .string()
  .refine((value) => value.includes('/'), { error: 'an address range needs a length: address/length' })
  .pipe(cidr);

/** One of some words, if one is written; null and empty are absent. `anyCase`: the words in any case, given as listed. */
export function word<const Word extends string>(
  words: readonly Word[],
  letters: 'exactCase' | 'anyCase' = 'exactCase',
) {
  const asListed = (value: string): string =>
    letters === 'exactCase' ? value : (words.find((listed) => listed.toLowerCase() === value.toLowerCase()) ?? value);
  return optionalText
    .transform((value) => (value === undefined ? undefined : asListed(value)))
    .pipe(z.enum(words).optional());
}

type Present<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** The same without properties that hold undefined, so that absent is absent. */
export function withoutAbsent<T extends object>(raw: T): Present<T> {
  // Exactly the properties that hold undefined are left out.
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined)) as Present<T>;
}
