/** The building blocks of the resources' schemas: fields as the API server reads them. */
import { z } from 'zod';
import { CoreError } from '../../core-error';
import { parseCidr, parseIpAddress, parsePort } from '../../state';
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

/** A flag; null and absent are false. */
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);

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
export const port = parsed(z.int(), parsePort);
export const portName = textOf(isPortName, 'a port name (at most 15 of a-z, 0-9 and -, with a letter)');
export const serviceProtocol = choice(['TCP', 'UDP', 'SCTP'], 'TCP');

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
