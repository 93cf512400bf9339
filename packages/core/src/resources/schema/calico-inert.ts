/** Bodies of kinds that are validated and mean nothing to a dataplane. */
import { z } from 'zod';
import type { Cidr } from '../../state';
import type { BlockAffinity, CalicoNode, IPReservation } from '../kinds/calico-inert';
import { asNumber } from './calico-bgp';
import { calicoName, net } from './calico-fields';
import {
  addressOfFamily,
  cidr,
  list,
  optional,
  optionalText,
  rangedCidr,
  structure,
  suchThat,
  textOf,
  truthValue,
  word,
} from './fields';
import type { ResourceBody } from './kind-schema';

const MAC_ADDRESS = /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/;
/** 32 bytes in base64. */
const WIREGUARD_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

export const ipReservationBody: z.ZodType<ResourceBody<IPReservation>> = z
  .object({ spec: structure(z.object({ reservedCIDRs: list(cidr) })) })
  .transform(() => ({}));

export const blockAffinitySpec = z.object({
  state: z.enum(['confirmed', 'pending', 'pendingDeletion']),
  node: z.string(),
  type: optionalText,
  cidr: net,
  // Older releases wrote it as text.
  deleted: z
    .union([truthValue, z.enum(['true', 'false'])])
    .nullish()
    .transform((value) => value === true || value === 'true')
    .transform(suchThat((isDeleted) => !isDeleted, 'may not be set: it is IPAM’s own mark')),
});

export const blockAffinityBody: z.ZodType<ResourceBody<BlockAffinity>> = z
  .object({ spec: blockAffinitySpec })
  .transform(() => ({}));

const macAddress = optionalText.pipe(textOf((value) => MAC_ADDRESS.test(value), 'a MAC address').optional());
const wireguardKey = optionalText.pipe(
  textOf((value) => WIREGUARD_KEY.test(value), 'a Wireguard key (32 bytes in base64)').optional(),
);
/** An address with the length of its network. */
const addressOnNetwork = (family: 4 | 6): z.ZodType<Cidr | undefined> =>
  optionalText.pipe(
    rangedCidr
      .transform(suchThat((range) => range.includes(':') === (family === 6), `is not an IPv${family} range`))
      .optional(),
  );

const nodeBgp = z
  .object({
    asNumber: optional(asNumber),
    ipv4Address: addressOnNetwork(4),
    ipv6Address: addressOnNetwork(6),
    ipv4IPIPTunnelAddr: addressOfFamily(4),
    routeReflectorClusterID: addressOfFamily(4),
  })
  .transform(suchThat((bgp) => Object.values(bgp).some((value) => value !== undefined), 'is empty'));

export const calicoNodeSpec = z.object({
  bgp: optional(nodeBgp),
  ipv4VXLANTunnelAddr: addressOfFamily(4),
  ipv6VXLANTunnelAddr: addressOfFamily(6),
  vxlanTunnelMACAddr: macAddress,
  vxlanTunnelMACAddrV6: macAddress,
  orchRefs: list(z.object({ nodeName: optionalText, orchestrator: z.string() })),
  wireguard: optional(z.object({ interfaceIPv4Address: addressOfFamily(4), interfaceIPv6Address: addressOfFamily(6) })),
  addresses: list(z.object({ address: cidr, type: word(['CalicoNodeIP', 'InternalIP', 'ExternalIP']) })),
  interfaces: list(z.object({ name: optionalText.pipe(calicoName.optional()), addresses: list(z.string()) })),
});

export const calicoNodeStatus = z.object({
  wireguardPublicKey: wireguardKey,
  wireguardPublicKeyV6: wireguardKey,
  podCIDRs: list(z.string()),
});

export const calicoNodeBody: z.ZodType<ResourceBody<CalicoNode>> = z
  .object({ spec: structure(calicoNodeSpec), status: structure(calicoNodeStatus) })
  .transform(() => ({}));
