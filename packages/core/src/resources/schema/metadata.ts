/** The schema of `metadata`, by what a kind's API asks of names. */
import { z } from 'zod';
import type { Labels, Metadata } from '../metadata';
import { optionalText, quote, refuse, structure, textOf } from './fields';
import { isDnsLabel, isDnsSubdomain, isLabelValue, isQualifiedName } from './names';

/** All annotations of an object together, keys and values (Kubernetes API). */
const MAX_ANNOTATION_BYTES = 256 * 1024;

/** kubectl's copy of the whole object; nothing reads it, and it doubles what an object weighs. */
const UNREAD_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

export const subdomainName = textOf(isDnsSubdomain, 'a DNS subdomain name (lower case a-z, 0-9, - and ., at most 253)');
export const labelName = textOf(isDnsLabel, 'a DNS label (lower case a-z, 0-9 and -, at most 63)');

export const labels = stringMap((key, value, context) => {
  if (!isQualifiedName(key)) refuse(context, [key], `${quote(key)} is not a label key`);
  else if (!isLabelValue(value)) refuse(context, [key], `${quote(value)} is not a label value`);
});

export const annotations = stringMap((key, _value, context) => {
  if (!isQualifiedName(key.toLowerCase())) refuse(context, [key], `${quote(key)} is not an annotation key`);
}).transform((all, context): Labels => {
  const entries = Object.entries(all);
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > MAX_ANNOTATION_BYTES) {
    refuse(context, [], `annotations are ${size} bytes together, more than ${MAX_ANNOTATION_BYTES}`);
  }
  if (!Object.hasOwn(all, UNREAD_ANNOTATION)) return all;
  return Object.fromEntries(entries.filter(([key]) => key !== UNREAD_ANNOTATION));
});

/** `metadata` of a namespaced kind (no namespace means `default`) or of a cluster-scoped one (a namespace is ignored). */
export function metadataOf(scope: 'Namespaced' | 'Cluster', name: z.ZodType<string>) {
  const shape = z.object({
    name,
    labels,
    annotations,
    uid: optionalText,
    namespace: scope === 'Namespaced' ? optionalText.pipe(labelName.optional()) : z.unknown().optional(),
  });
  return structure(
    shape.transform(
      (raw): Metadata => ({
        name: raw.name,
        ...(scope === 'Namespaced' && { namespace: typeof raw.namespace === 'string' ? raw.namespace : 'default' }),
        labels: raw.labels,
        annotations: raw.annotations,
        ...(raw.uid !== undefined && { uid: raw.uid }),
      }),
    ),
  );
}

/** A map of strings, copied entry by entry; `check` sees every entry. A key that fails never becomes a property. */
function stringMap(check: (key: string, value: string, context: z.RefinementCtx) => void) {
  return z
    .unknown()
    .optional()
    .transform((raw, context): Labels => {
      const copy: Record<string, string> = {};
      if (raw === undefined || raw === null) return copy;
      if (typeof raw !== 'object' || Array.isArray(raw)) {
        context.addIssue({ code: 'custom', message: 'expected a map of strings' });
        return z.NEVER;
      }
      for (const [key, value] of Object.entries(raw)) {
        const before = context.issues.length;
        if (typeof value !== 'string') refuse(context, [key], `expected a string, found ${quote(value)}`);
        else check(key, value, context);
        if (context.issues.length === before) copy[key] = value;
      }
      return copy;
    });
}
