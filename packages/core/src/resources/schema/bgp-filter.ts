/** The schema of Calico's BGPFilter. */
import { z } from 'zod';
import type { BGPFilter } from '../kinds/calico-inert';
import { asNumber, isCommunity } from './calico-bgp';
import { strictNet } from './calico-fields';
import { boundedList, list, oneOf, optional, optionalText, refuse, structure, suchThat, textOf, word } from './fields';
import type { ResourceBody } from './kind-schema';

const INTERFACE = /^[a-zA-Z0-9_.*-]{1,15}$/;
const LEADING_ZERO = /(^|:)0\d/;
const MAX_PRIORITY = 2_147_483_646;
const MAX_OPERATIONS = 10;
const MAX_PREPENDED = 10;

const community = textOf(
  (value) => isCommunity(value) && !LEADING_ZERO.test(value),
  'a community (aa:nn of 16 bits, aa:nn:mm of 32)',
);
const priority = z.int().min(1).max(MAX_PRIORITY);

/** One change of a route. */
export const bgpFilterOperation = oneOf<unknown>({
  addCommunity: z.object({ value: community }),
  prependASPath: z.object({ prefix: z.array(asNumber).min(1).max(MAX_PREPENDED) }),
  setPriority: z.object({ value: priority }),
});

export const bgpFilterRuleV4 = ruleOf(4);
export const bgpFilterRuleV6 = ruleOf(6);

export const bgpFilterBody: z.ZodType<ResourceBody<BGPFilter>> = z
  .object({
    spec: structure(
      z.object({
        exportV4: list(bgpFilterRuleV4),
        importV4: list(bgpFilterRuleV4),
        exportV6: list(bgpFilterRuleV6),
        importV6: list(bgpFilterRuleV6),
      }),
    ),
  })
  .transform(() => ({}));

function ruleOf(family: 4 | 6) {
  const length = optional(
    z
      .int()
      .min(0)
      .max(family === 4 ? 32 : 128),
  );
  const ofFamily = suchThat((range: string) => range.includes(':') === (family === 6), `is not an IPv${family} range`);
  return z
    .object({
      cidr: optionalText.pipe(strictNet.transform(ofFamily).optional()),
      prefixLength: optional(z.object({ min: length, max: length })),
      source: word(['RemotePeers']),
      interface: optionalText.pipe(textOf((value) => INTERFACE.test(value), 'an interface name').optional()),
      matchOperator: word(['Equal', 'NotEqual', 'In', 'NotIn']),
      peerType: word(['eBGP', 'iBGP']),
      communities: optional(z.object({ values: z.array(community).length(1) })),
      asPathPrefix: list(asNumber),
      priority: optional(priority),
      action: z.enum(['Accept', 'Reject']),
      operations: boundedList(bgpFilterOperation, MAX_OPERATIONS),
    })
    .transform((rule, context) => {
      const hasRange = rule.cidr !== undefined;
      if (hasRange !== (rule.matchOperator !== undefined)) {
        refuse(context, [hasRange ? 'matchOperator' : 'cidr'], 'cidr and matchOperator stand together');
      }
      if (rule.prefixLength !== undefined && !hasRange) refuse(context, ['prefixLength'], 'needs cidr');
      if (rule.operations.length > 0 && rule.action !== 'Accept') {
        refuse(context, ['operations'], 'only what is accepted can be changed');
      }
      return rule;
    });
}
