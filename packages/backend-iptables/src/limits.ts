/** What the iptables backend does not do: it is the reference, so the table is short. */
import type { LimitTable } from '@polyplane/core/backend';

/**
 * Nothing that holds on every host. What one host lacks (IPv6 filtering, room for the clients of session affinity) is found out
 * by `probe` and stands among the host's facts.
 */
export const IPTABLES_LIMITS: LimitTable = [];
