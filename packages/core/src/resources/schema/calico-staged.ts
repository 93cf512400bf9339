/** The schemas of Calico's staged policies. */
import { z } from 'zod';
import type {
  StagedAction,
  StagedGlobalNetworkPolicy,
  StagedKubernetesNetworkPolicy,
  StagedNetworkPolicy,
} from '../kinds/calico-staged';
import { globalPolicyFields, globalPolicySpec, policyFields, policySpec } from './calico-policy';
import { choice, refuse, structure } from './fields';
import type { ResourceBody } from './kind-schema';
import { networkPolicyFields, networkPolicySpec } from './network-policy';

const action = { stagedAction: choice(['Set', 'Delete', 'Learn', 'Ignore'], 'Set') };

const stagedSpec = z
  .object({ ...policyFields, ...action })
  .transform(({ stagedAction, ...raw }, context): StagedNetworkPolicy['spec'] => {
    refuseMoreThanDelete(stagedAction, raw, context);
    return { ...policySpec(raw, context), stagedAction };
  });

export const stagedNetworkPolicyBody: z.ZodType<ResourceBody<StagedNetworkPolicy>> = z.object({
  spec: structure(stagedSpec),
});

const stagedGlobalSpec = z
  .object({ ...globalPolicyFields, ...action })
  .transform(({ stagedAction, ...raw }, context): StagedGlobalNetworkPolicy['spec'] => {
    refuseMoreThanDelete(stagedAction, raw, context);
    return { ...globalPolicySpec(raw, context), stagedAction };
  });

export const stagedGlobalNetworkPolicyBody: z.ZodType<ResourceBody<StagedGlobalNetworkPolicy>> = z.object({
  spec: structure(stagedGlobalSpec),
});

const stagedKubernetesSpec = z
  .object({ ...networkPolicyFields, ...action })
  .transform(({ stagedAction, ...raw }, context): StagedKubernetesNetworkPolicy['spec'] => {
    refuseMoreThanDelete(stagedAction, raw, context);
    return { ...networkPolicySpec(raw, context), stagedAction };
  });

export const stagedKubernetesNetworkPolicyBody: z.ZodType<ResourceBody<StagedKubernetesNetworkPolicy>> = z.object({
  spec: structure(stagedKubernetesSpec),
});

/** What says that a policy is to go says nothing else; the tier may stand, as it is part of the policy's identity. */
function refuseMoreThanDelete(stagedAction: StagedAction, fields: object, context: z.RefinementCtx): void {
  if (stagedAction !== 'Delete') return;
  for (const [field, value] of Object.entries(fields)) {
    if (field !== 'tier' && !isZero(value))
      refuse(context, [field], 'stands beside stagedAction Delete, which goes alone');
  }
}

/** Go's zero values: absent, false, and lists and structures of nothing. */
function isZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isZero);
  return value === undefined || value === false;
}
