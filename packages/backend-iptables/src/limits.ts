/** What the iptables backend does not do: it is the reference, so the table is short. */
import type { LimitTable } from '@polyplane/core/backend';

/** Nothing that a desired state can say is missing; what a host lacks is found out by `probe`. */
export const IPTABLES_LIMITS: LimitTable = [];
