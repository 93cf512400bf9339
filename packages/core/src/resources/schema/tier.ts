/** The schema of Calico's Tier. */
import { z } from 'zod';
import type { Tier } from '../kinds/calico';
import { optional, refuse, structure, writtenChoice } from './fields';
import type { ResourceBody } from './kind-schema';

/** The tiers that Calico itself defines, with the order and default action that they must keep. */
const PREDEFINED = new Map([
  ['default', { order: 1_000_000, defaultAction: 'Deny' }],
  ['kube-admin', { order: 1_000, defaultAction: 'Pass' }],
  ['kube-baseline', { order: 10_000_000, defaultAction: 'Pass' }],
]);

const spec = z.object({ order: optional(z.number()), defaultAction: writtenChoice(['Deny', 'Pass'], 'Deny') });

export const tierBody: z.ZodType<ResourceBody<Tier>> = z
  .object({ metadata: structure(z.object({ name: z.unknown().optional() })), spec: structure(spec) })
  .transform(({ metadata, spec: { order, defaultAction } }, context): ResourceBody<Tier> => {
    const fixed = typeof metadata.name === 'string' ? PREDEFINED.get(metadata.name) : undefined;
    if (fixed !== undefined && order !== fixed.order) {
      refuse(context, ['spec', 'order'], `tier ${metadata.name} has order ${fixed.order}`);
    }
    if (fixed !== undefined && defaultAction !== fixed.defaultAction) {
      refuse(context, ['spec', 'defaultAction'], `tier ${metadata.name} has default action ${fixed.defaultAction}`);
    }
    return { spec: { ...(order !== undefined && { order }), defaultAction } };
  });
