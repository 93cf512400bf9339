/** The schema of the Tigera operator's Installation. */
import { z } from 'zod';
import type { AddressAutodetection, EncapsulationMode, Installation, InstallationIPPool } from '../kinds/settings';
import { choice, cidr, list, optional, optionalText, structure, truthValue, withoutAbsent, word } from './fields';
import type { ResourceBody } from './kind-schema';

type Modes = Pick<InstallationIPPool, 'ipipMode' | 'vxlanMode'>;

/** The operator's names of encapsulations, in the terms of the pools that it makes. */
const ENCAPSULATIONS = {
  IPIP: modes('Always', 'Never'),
  IPIPCrossSubnet: modes('CrossSubnet', 'Never'),
  VXLAN: modes('Never', 'Always'),
  VXLANCrossSubnet: modes('Never', 'CrossSubnet'),
  None: modes('Never', 'Never'),
} as const;

const autodetection = z
  .object({
    firstFound: optional(truthValue),
    kubernetes: word(['NodeInternalIP']),
    interface: optionalText,
    skipInterface: optionalText,
    canReach: optionalText,
    cidrs: list(cidr),
  })
  .transform((raw): AddressAutodetection => withoutAbsent(raw));

const pool = z
  .object({
    cidr,
    encapsulation: choice(['IPIP', 'IPIPCrossSubnet', 'VXLAN', 'VXLANCrossSubnet', 'None'], 'IPIP'),
    natOutgoing: choice(['Enabled', 'Disabled'], 'Enabled'),
    nodeSelector: optionalText,
  })
  .transform(
    (raw): InstallationIPPool => ({
      cidr: raw.cidr,
      ...ENCAPSULATIONS[raw.encapsulation],
      natOutgoing: raw.natOutgoing === 'Enabled',
      nodeSelector: raw.nodeSelector ?? 'all()',
    }),
  );

const calicoNetwork = z
  .object({
    bgp: word(['Enabled', 'Disabled']),
    linuxDataplane: optionalText,
    hostPorts: word(['Enabled', 'Disabled']),
    nodeAddressAutodetectionV4: optional(autodetection),
    nodeAddressAutodetectionV6: optional(autodetection),
    ipPools: list(pool),
  })
  .transform((raw): Installation['spec']['calicoNetwork'] => withoutAbsent(raw));

export const installationBody: z.ZodType<ResourceBody<Installation>> = z.object({
  spec: structure(z.object({ calicoNetwork: structure(calicoNetwork) })),
});

function modes(ipipMode: EncapsulationMode, vxlanMode: EncapsulationMode): Modes {
  return { ipipMode, vxlanMode };
}
