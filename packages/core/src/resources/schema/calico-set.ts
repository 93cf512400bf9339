/** The schemas of Calico's NetworkSet, GlobalNetworkSet and Profile. */
import { z } from 'zod';
import type { CalicoProfile, GlobalNetworkSet, NetworkSet } from '../kinds/calico-set';
import { calicoRule } from './calico-rule';
import { checked, cidr, list, refuse, structure } from './fields';
import type { ResourceBody } from './kind-schema';
import { labels } from './metadata';

const MAX_RULES = 1024;

/** Calico stores a set's namespace under this label; users may not set it. */
const RESERVED_LABEL = 'projectcalico.org/namespace';

const reservedLabel = z.object({ labels: structure(z.object({ [RESERVED_LABEL]: z.unknown().optional() })) });

/** Addresses alone and ranges, whose host bits are passed over. */
const setBody = z
  .object({
    metadata: structure(reservedLabel),
    spec: structure(z.object({ nets: list(cidr).transform((nets) => [...new Set(nets)]) })),
  })
  .transform(({ metadata, spec }, context) => {
    if (metadata.labels[RESERVED_LABEL] !== undefined) {
      refuse(context, ['metadata', 'labels', RESERVED_LABEL], 'is set by the system only');
    }
    return { spec };
  });

export const networkSetBody: z.ZodType<ResourceBody<NetworkSet>> = setBody;
export const globalNetworkSetBody: z.ZodType<ResourceBody<GlobalNetworkSet>> = setBody;

const profileSpec = z.object({ ingress: list(calicoRule), egress: list(calicoRule), labelsToApply: labels }).transform(
  checked((raw, context) => {
    for (const field of ['ingress', 'egress'] as const) {
      if (raw[field].length > MAX_RULES) refuse(context, [field], `more than ${MAX_RULES} rules`);
    }
  }),
);

export const profileBody: z.ZodType<ResourceBody<CalicoProfile>> = z.object({ spec: structure(profileSpec) });
