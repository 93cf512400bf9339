/** The codes of limits that only a probe of the host finds; tables of limits that every host has explain their own. */
import type { CodeTable } from '@polyplane/core/backend';

export const PROBED_LIMIT_CODES = {
  PP_LIMIT_IPTABLES_AFFINITY_CLIENTS: {
    kind: 'diagnostic',
    meaning:
      'The host remembers few clients for each endpoint: of more, the one that was silent longest is balanced anew.',
    remedy: 'Write `options xt_recent ip_list_tot=10000` to /etc/modprobe.d/xt_recent.conf and reboot.',
  },
  PP_LIMIT_IPTABLES_IPV6: {
    kind: 'diagnostic',
    meaning: 'IPv6 is switched off on the host and ip6tables does not work: IPv6 addresses and services are left out.',
    remedy: 'Make ip6tables work (its kernel modules), switch IPv6 on, and start again.',
  },
} as const satisfies CodeTable;
