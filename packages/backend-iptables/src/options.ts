/** The options of the iptables backend. */
import type { ServiceIdentifier } from 'inversify';
import { backendOptionsToken } from '@polyplane/core/backend';
import { IptablesError } from './iptables-error';
import type { IptablesVariant } from './kernel/variant';
import { DEFAULT_MARK_MASK, MARK_BITS, type Marks, marksOf } from './render/marks';

/** What the iptables backend is told. */
export interface IptablesOptions {
  /** `auto`: the variant whose rules the host already has, else the one that `iptables` itself is. Default `auto`. */
  readonly variant: 'auto' | IptablesVariant;
  /**
   * Bits of the packet mark that this backend may use: at least four. Default 0xf00, clear of kube-proxy's (0x4000,
   * 0x8000), Calico's (0xffff0000) and CNI portmap's (0x2000).
   */
  readonly markMask: number;
  /** How long to wait for the xtables lock. Default 5. */
  readonly lockTimeoutSeconds: number;
  /** When a command is given up and stopped. Default 120. */
  readonly commandTimeoutSeconds: number;
  /**
   * What becomes of established flows of a workload whose policy changes. `cut`: they are forgotten, hence judged anew;
   * those that came through a service break. Default `continue`.
   */
  readonly establishedOnPolicyChange: 'continue' | 'cut';
}

/** The injection token under which a container may hold options; all of them have defaults. */
export const IptablesOptions: ServiceIdentifier<Partial<IptablesOptions>> = backendOptionsToken('iptables');

/** The options of a backend that is told none. */
export const DEFAULT_OPTIONS: IptablesOptions = {
  variant: 'auto',
  markMask: DEFAULT_MARK_MASK,
  lockTimeoutSeconds: 5,
  commandTimeoutSeconds: 120,
  establishedOnPolicyChange: 'continue',
};

/** Options as a backend uses them. */
export interface CheckedOptions extends IptablesOptions {
  readonly marks: Marks;
}

/**
 * Fills in the defaults and checks every value: options come from a configuration file.
 * @throws IptablesError PP_IPTABLES_OPTION_INVALID
 */
export function checkOptions(options: Partial<IptablesOptions>): CheckedOptions {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(DEFAULT_OPTIONS, name));
  if (unknown !== undefined) {
    const known = Object.keys(DEFAULT_OPTIONS).join(', ');
    throw new IptablesError('PP_IPTABLES_OPTION_INVALID', `there is no option ${unknown}; there is ${known}`, {
      isRetriable: false,
      option: unknown,
    });
  }
  const all = { ...DEFAULT_OPTIONS, ...options };
  if (!['auto', 'nft', 'legacy'].includes(all.variant)) throw invalid('variant', 'auto, nft or legacy');
  if (!['continue', 'cut'].includes(all.establishedOnPolicyChange)) {
    throw invalid('establishedOnPolicyChange', 'continue or cut');
  }
  for (const name of ['lockTimeoutSeconds', 'commandTimeoutSeconds'] as const) {
    if (!Number.isInteger(all[name]) || all[name] < 1 || all[name] > 3600)
      throw invalid(name, 'a whole number, 1-3600');
  }
  const isMask = Number.isInteger(all.markMask) && all.markMask > 0 && all.markMask <= 0xffffffff;
  const marks = isMask ? marksOf(all.markMask) : undefined;
  if (marks === undefined) throw invalid('markMask', `a 32-bit number with at least ${MARK_BITS} bits set`);
  return { ...all, marks };
}

function invalid(name: keyof IptablesOptions, wanted: string): IptablesError {
  return new IptablesError('PP_IPTABLES_OPTION_INVALID', `${name} must be ${wanted}`, {
    isRetriable: false,
    option: name,
  });
}
