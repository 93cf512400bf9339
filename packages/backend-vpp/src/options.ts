/** What users may set of the VPP backend. */
import type { ServiceIdentifier } from 'inversify';
import { backendOptionsToken } from '@polyplane/core/backend';

/** What the VPP backend is told. */
export interface VppOptions {
  /** Path of VPP's API socket. Default `/run/vpp/api.sock`. */
  readonly apiSocket?: string;
}

/** The injection token; unbound: every default. */
export const VppOptions: ServiceIdentifier<VppOptions> = backendOptionsToken('vpp');
