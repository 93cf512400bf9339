/** The schemas of Installation, FelixConfiguration, BGPConfiguration and IPPool. */
import { z } from 'zod';
import type {
  AddressAutodetection,
  BGPConfiguration,
  FelixConfiguration,
  Installation,
  IPPool,
} from '../kinds/settings';
import { cidr, flag, list, optional, optionalText, structure } from './fields';
import type { ResourceBody } from './kind-schema';

/** A word, if one is written; null and empty are absent. */
function word<const Word extends string>(words: readonly Word[]) {
  return optionalText.pipe(z.enum(words).optional());
}

const autodetection = z
  .object({
    firstFound: optional(z.boolean()),
    kubernetes: word(['NodeInternalIP']),
    interface: optionalText,
    skipInterface: optionalText,
    canReach: optionalText,
    cidrs: list(cidr),
  })
  .transform((raw): AddressAutodetection => withoutAbsent(raw));

const calicoNetwork = z
  .object({
    bgp: word(['Enabled', 'Disabled']),
    linuxDataplane: optionalText,
    nodeAddressAutodetectionV4: optional(autodetection),
    nodeAddressAutodetectionV6: optional(autodetection),
    ipPools: list(z.object({ cidr })),
  })
  .transform((raw): Installation['spec']['calicoNetwork'] => withoutAbsent(raw));

export const installationBody: z.ZodType<ResourceBody<Installation>> = z.object({
  spec: structure(z.object({ calicoNetwork: structure(calicoNetwork) })),
});

const felixSpec = z
  .object({
    bpfEnabled: optional(z.boolean()),
    floatingIPs: word(['Enabled', 'Disabled']),
    wireguardEnabled: optional(z.boolean()),
    wireguardEnabledV6: optional(z.boolean()),
  })
  .transform((raw): FelixConfiguration['spec'] => withoutAbsent(raw));

export const felixConfigurationBody: z.ZodType<ResourceBody<FelixConfiguration>> = z.object({
  spec: structure(felixSpec),
});

const blocks = list(z.object({ cidr })).transform((entries) => entries.map((entry) => entry.cidr));

export const bgpConfigurationBody: z.ZodType<ResourceBody<BGPConfiguration>> = z.object({
  spec: structure(z.object({ serviceClusterIPs: blocks, serviceExternalIPs: blocks, serviceLoadBalancerIPs: blocks })),
});

export const ipPoolBody: z.ZodType<ResourceBody<IPPool>> = z.object({
  spec: structure(z.object({ cidr, disabled: flag })),
});

type Present<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** The same without properties that hold undefined, so that absent is absent. */
function withoutAbsent<T extends object>(raw: T): Present<T> {
  // Exactly the properties that hold undefined are left out.
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined)) as Present<T>;
}
