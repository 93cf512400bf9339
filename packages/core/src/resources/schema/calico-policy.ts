/** The schemas of Calico's NetworkPolicy and GlobalNetworkPolicy. */
import { z } from 'zod';
import type { CalicoNetworkPolicy, CalicoPolicySpec, CalicoRule, GlobalNetworkPolicy } from '../kinds/calico';
import { calicoName, selector } from './calico-fields';
import { calicoRule } from './calico-rule';
import { flag, list, optional, optionalText, refuse, refuseDuplicates, structure, textOf } from './fields';
import type { ResourceBody } from './kind-schema';

const MAX_RULES = 1024;
const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const POLICY_NAME = new RegExp(`^(?:(?:knp|ossg)\\.default\\.${LABEL}(?:\\.${LABEL})*|${LABEL}(?:\\.${LABEL})?)$`);
const GLOBAL_POLICY_NAME = new RegExp(`^(?:${LABEL}\\.)?${LABEL}$`);

/** `name`, `tier.name`, or the name under which Calico shows a Kubernetes policy. */
export const policyName = textOf(
  (value) => value.length <= 253 && POLICY_NAME.test(value),
  'a policy name (lower case a-z, 0-9 and -, one dot at most)',
);
export const globalPolicyName = textOf(
  (value) => value.length <= 253 && GLOBAL_POLICY_NAME.test(value),
  'a policy name (lower case a-z, 0-9 and -, one dot at most)',
);

export const policyFields = {
  tier: optionalText.pipe(calicoName.optional()),
  order: optional(z.number()),
  selector,
  serviceAccountSelector: selector,
  types: list(z.enum(['Ingress', 'Egress'])),
  ingress: list(calicoRule),
  egress: list(calicoRule),
  performanceHints: list(z.enum(['AssumeNeededOnEveryNode'])),
};

export const globalPolicyFields = {
  ...policyFields,
  namespaceSelector: selector,
  doNotTrack: flag,
  preDNAT: flag,
  applyOnForward: flag,
};

type PolicyFields = z.infer<z.ZodObject<typeof policyFields>>;
type GlobalPolicyFields = z.infer<z.ZodObject<typeof globalPolicyFields>>;

export const calicoNetworkPolicyBody: z.ZodType<ResourceBody<CalicoNetworkPolicy>> = z.object({
  spec: structure(z.object(policyFields).transform(policySpec)),
});

export const globalNetworkPolicyBody: z.ZodType<ResourceBody<GlobalNetworkPolicy>> = z.object({
  spec: structure(z.object(globalPolicyFields).transform(globalPolicySpec)),
});

/** The spec with its defaults; what breaks a rule goes to `context`. */
export function policySpec(raw: PolicyFields, context: z.RefinementCtx): CalicoPolicySpec {
  refuseDuplicates(context, raw.types, (index) => ['types', index]);
  refuseDuplicates(context, raw.performanceHints, (index) => ['performanceHints', index]);
  for (const field of ['ingress', 'egress'] as const) {
    if (raw[field].length > MAX_RULES) refuse(context, [field], `more than ${MAX_RULES} rules`);
  }
  raw.egress.forEach(({ source, http }, index) => {
    if (source.services)
      refuse(context, ['egress', index, 'source', 'services'], 'egress rules have services as destination only');
    if (http) refuse(context, ['egress', index, 'http'], 'egress rules do not match HTTP');
  });
  raw.ingress.forEach(({ destination }, index) => {
    if (destination.services) {
      refuse(context, ['ingress', index, 'destination', 'services'], 'ingress rules have services as source only');
    }
  });
  return {
    tier: raw.tier ?? 'default',
    ...(raw.order !== undefined && { order: raw.order }),
    selector: raw.selector ?? 'all()',
    ...(raw.serviceAccountSelector !== undefined && { serviceAccountSelector: raw.serviceAccountSelector }),
    types: raw.types.length > 0 ? raw.types : inferredTypes(raw.ingress, raw.egress),
    ingress: raw.ingress,
    egress: raw.egress,
  };
}

/** As {@link policySpec}, with what a global policy has more. */
export function globalPolicySpec(raw: GlobalPolicyFields, context: z.RefinementCtx): GlobalNetworkPolicy['spec'] {
  const spec = policySpec(raw, context);
  if (raw.preDNAT) {
    if (raw.doNotTrack) refuse(context, ['doNotTrack'], 'a policy is doNotTrack or preDNAT, not both');
    if (raw.egress.length > 0) refuse(context, ['egress'], 'a preDNAT policy has no egress rules');
    if (raw.types.includes('Egress')) refuse(context, ['types'], 'a preDNAT policy is not of type Egress');
  }
  if ((raw.preDNAT || raw.doNotTrack) && !raw.applyOnForward) {
    refuse(context, ['applyOnForward'], 'must be true where preDNAT or doNotTrack is');
  }
  for (const [direction, end] of [
    ['ingress', 'source'],
    ['egress', 'destination'],
  ] as const) {
    raw[direction].forEach((rule, index) => {
      const services = rule[end].services;
      if (services !== undefined && services.namespace === undefined) {
        refuse(
          context,
          [direction, index, end, 'services', 'namespace'],
          'a global policy names the namespace of a service',
        );
      }
    });
  }
  return {
    ...spec,
    ...(raw.namespaceSelector !== undefined && { namespaceSelector: raw.namespaceSelector }),
    doNotTrack: raw.doNotTrack,
    preDNAT: raw.preDNAT,
    applyOnForward: raw.applyOnForward,
  };
}

/** The directions that have rules; Ingress where none has (Calico API reference, `types`). */
function inferredTypes(ingress: readonly CalicoRule[], egress: readonly CalicoRule[]): CalicoPolicySpec['types'] {
  if (egress.length === 0) return ['Ingress'];
  return ingress.length === 0 ? ['Egress'] : ['Ingress', 'Egress'];
}
