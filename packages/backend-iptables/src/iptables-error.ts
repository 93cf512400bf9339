/** The error class of @polyplane/backend-iptables and the table of its codes. */
import { type CodeTable, DataplaneError, type DataplaneErrorOptions } from '@polyplane/core/backend';

/** Every error code of this backend, with its meaning and remedy. */
export const IPTABLES_CODES = {
  PP_IPTABLES_UNUSABLE: {
    kind: 'error',
    meaning: 'This host lacks a command, a kernel module or a right that the iptables backend needs.',
    remedy: 'Provide what the message names: root (CAP_NET_ADMIN) and the Debian packages iptables, ipset, conntrack.',
  },
  PP_IPTABLES_OPTION_INVALID: {
    kind: 'error',
    meaning: 'An option of the iptables backend has a value that it cannot have.',
    remedy: 'Correct the option that the message names.',
  },
  PP_IPTABLES_NAME_UNSAFE: {
    kind: 'error',
    meaning:
      'An interface name holds characters that iptables would read as something else; the object was not programmed.',
    remedy: 'Rename the interface: letters, digits and any of `. _ - : @`.',
  },
  PP_IPTABLES_COMMAND_MISSING: {
    kind: 'error',
    meaning: 'A command of this host could not be started.',
    remedy: 'Install the Debian packages iptables, ipset, conntrack, iproute2 and procps.',
  },
  PP_IPTABLES_COMMAND_TIMEOUT: {
    kind: 'error',
    meaning: 'A command did not end in time and was stopped.',
    remedy: 'Nothing need be done when it is rare: it is tried again. Else look for what holds the xtables lock.',
  },
  PP_IPTABLES_RESTORE_FAILED: {
    kind: 'error',
    meaning: 'iptables-restore refused a transaction; nothing of its table was changed.',
    remedy: 'See the line that the message quotes; a missing kernel module is the usual reason.',
  },
  PP_IPTABLES_IPSET_FAILED: {
    kind: 'error',
    meaning: 'ipset refused a command.',
    remedy: 'See the line that the message quotes; a set of the same name and another type is the usual reason.',
  },
  PP_IPTABLES_CONNTRACK_FAILED: {
    kind: 'error',
    meaning: 'conntrack could not delete stale flows.',
    remedy: 'Nothing need be done: it is tried again. Until then old UDP flows keep their old endpoint.',
  },
  PP_IPTABLES_READ_FAILED: {
    kind: 'error',
    meaning: 'What is in force could not be read back from the kernel.',
    remedy: 'See the cause; the reconciler tries again.',
  },
  PP_IPTABLES_READ_INCOMPATIBLE: {
    kind: 'error',
    meaning:
      'A table holds a rule that iptables cannot print, so not all of ours in it could be read. What is known was put right; chains from before may be left.',
    remedy:
      'Take the rule that was added with nft out of the table of iptables and give it a table of its own, or install the Debian package nftables, by which the table can be read.',
  },
  PP_IPTABLES_CHAIN_IN_USE: {
    kind: 'error',
    meaning: 'Rules of somebody else lead to chains of ours: these were emptied and could not be removed.',
    remedy: 'Remove those rules (`nft list ruleset`, `iptables-save`), then remove again.',
  },
  PP_IPTABLES_SYSCTL_FAILED: {
    kind: 'error',
    meaning: 'A kernel setting that node ports on localhost need could not be changed.',
    remedy: 'Make /proc/sys writable, or switch node ports on localhost off.',
  },
  PP_IPTABLES_RELEASED: {
    kind: 'error',
    meaning: 'A session was used after its release.',
    remedy: 'Open a new session.',
  },
} as const satisfies CodeTable;

/** A row of {@link IPTABLES_CODES}. */
export type IptablesErrorCode = keyof typeof IPTABLES_CODES;

/** The error that this backend throws; `code` is a row of {@link IPTABLES_CODES}. */
export class IptablesError extends DataplaneError<IptablesErrorCode> {
  constructor(code: IptablesErrorCode, message: string, options: DataplaneErrorOptions) {
    super(code, message, options);
  }
}
