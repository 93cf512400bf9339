/** The schema of a Kubernetes label selector (meta/v1 LabelSelector). */
import { z } from 'zod';
import type { LabelSelector } from '../kinds/network-policy';
import { checked, list, quote, refuse, textOf } from './fields';
import { labels } from './metadata';
import { isLabelValue, isQualifiedName } from './names';

const expression = z
  .object({
    key: textOf(isQualifiedName, 'a label key'),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: list(z.string()),
  })
  .transform(
    checked(({ operator, values }, context) => {
      const takesValues = operator === 'In' || operator === 'NotIn';
      if (takesValues && values.length === 0) refuse(context, ['values'], `operator ${operator} needs values`);
      if (!takesValues && values.length > 0) refuse(context, ['values'], `operator ${operator} takes no values`);
      values.forEach((value, index) => {
        if (!isLabelValue(value)) refuse(context, ['values', index], `${quote(value)} is not a label value`);
      });
    }),
  );

export const labelSelector: z.ZodType<LabelSelector> = z.object({
  matchLabels: labels,
  matchExpressions: list(expression),
});
