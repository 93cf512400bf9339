/** The schema of Calico's IPPool. */
import { z } from 'zod';
import { type Cidr, cidrContains, familyOf, parseCidr, splitCidr } from '../../state';
import type { IPPool } from '../kinds/settings';
import { net, selector } from './calico-fields';
import { choice, flag, list, optional, refuse, structure, writtenChoice } from './fields';
import type { ResourceBody } from './kind-schema';

const MODES = ['Never', 'Always', 'CrossSubnet'] as const;
const LINK_LOCAL: readonly Cidr[] = [parseCidr('169.254.0.0/16'), parseCidr('fe80::/10')];
/** Prefix lengths of address blocks, by IP family. */
const BLOCK_SIZES = { 4: { min: 20, max: 32, usual: 26 }, 6: { min: 116, max: 128, usual: 122 } } as const;

const fields = z.object({
  cidr: net,
  ipipMode: choice(MODES, 'Never'),
  vxlanMode: choice(MODES, 'Never'),
  natOutgoing: flag,
  disabled: flag,
  disableBGPExport: flag,
  blockSize: optional(z.int().min(0).max(128)),
  nodeSelector: selector,
  namespaceSelector: selector,
  allowedUses: list(z.enum(['Workload', 'Tunnel', 'LoadBalancer'])),
  assignmentMode: writtenChoice(['Automatic', 'Manual'], 'Automatic'),
});

const spec = fields.transform((raw, context): IPPool['spec'] => {
  const blockSize = raw.blockSize || BLOCK_SIZES[familyOf(raw.cidr)].usual;
  const pool: IPPool['spec'] = {
    cidr: raw.cidr,
    ipipMode: raw.ipipMode,
    vxlanMode: raw.vxlanMode,
    natOutgoing: raw.natOutgoing,
    disabled: raw.disabled,
    disableBGPExport: raw.disableBGPExport,
    blockSize,
    nodeSelector: raw.nodeSelector ?? 'all()',
    ...(raw.namespaceSelector !== undefined && { namespaceSelector: raw.namespaceSelector }),
    allowedUses: raw.allowedUses.length > 0 ? raw.allowedUses : ['Workload', 'Tunnel'],
    assignmentMode: raw.assignmentMode,
  };
  refuseBadRange(pool, context);
  refuseBadEncapsulation(pool, context);
  refuseBadUses(pool, context);
  // By default a pool serves tunnels, too, whatever namespaces it is for: only where it is written are the two at odds.
  if (raw.allowedUses.includes('Tunnel') && raw.namespaceSelector !== undefined) {
    refuse(context, ['namespaceSelector'], 'tunnels belong to no namespace');
  }
  return pool;
});

export const ipPoolBody: z.ZodType<ResourceBody<IPPool>> = z.object({ spec: structure(spec) });

function refuseBadRange({ cidr, blockSize, disabled }: IPPool['spec'], context: z.RefinementCtx): void {
  const { min, max } = BLOCK_SIZES[familyOf(cidr)];
  if (blockSize < min || blockSize > max) refuse(context, ['blockSize'], `must be ${min}-${max} for this IP family`);
  else if (!disabled && splitCidr(cidr).length > blockSize) {
    refuse(context, ['cidr'], `${cidr} is smaller than a block, a /${blockSize}`);
  }
  for (const range of LINK_LOCAL) {
    if (overlaps(range, cidr)) refuse(context, ['cidr'], `${cidr} overlaps the link-local range ${range}`);
  }
}

function refuseBadEncapsulation({ cidr, ipipMode, vxlanMode }: IPPool['spec'], context: z.RefinementCtx): void {
  if (ipipMode !== 'Never' && vxlanMode !== 'Never')
    refuse(context, ['vxlanMode'], 'a pool has IPIP or VXLAN, not both');
  if (ipipMode !== 'Never' && familyOf(cidr) === 6) refuse(context, ['ipipMode'], 'IPIP carries IPv4 only');
}

function refuseBadUses(pool: IPPool['spec'], context: z.RefinementCtx): void {
  const { allowedUses } = pool;
  if (allowedUses.includes('LoadBalancer')) {
    if (allowedUses.some((use) => use !== 'LoadBalancer')) {
      refuse(context, ['allowedUses'], 'LoadBalancer goes with no other use');
    }
    for (const field of ['ipipMode', 'vxlanMode'] as const) {
      if (pool[field] !== 'Never') refuse(context, [field], 'a LoadBalancer pool is not encapsulated');
    }
    if (pool.disableBGPExport) refuse(context, ['disableBGPExport'], 'a LoadBalancer pool is exported');
    if (pool.nodeSelector !== 'all()') refuse(context, ['nodeSelector'], 'must be all() for a LoadBalancer pool');
  }
}

function overlaps(a: Cidr, b: Cidr): boolean {
  return cidrContains(a, splitCidr(b).address) || cidrContains(b, splitCidr(a).address);
}
