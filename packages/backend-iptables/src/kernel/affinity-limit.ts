/** How many clients the host remembers for session affinity, asked of its kernel. */
import type { LimitTable } from '@polyplane/core/backend';
import type { CommandRunner } from '@polyplane/linux';

/** The kernel's own default (`ip_list_tot` of xt_recent). */
const DEFAULT_CLIENTS = 100;

/**
 * The bound is a parameter of the module and holds from its loading on: it is told, not changed. A host that does not say has the
 * default.
 */
export async function readAffinityLimit(runner: CommandRunner): Promise<LimitTable> {
  const { exitCode, stdout } = await runner.run('cat', ['/sys/module/xt_recent/parameters/ip_list_tot']);
  const found = exitCode === 0 ? Number(stdout.trim()) : Number.NaN;
  const clients = Number.isInteger(found) && found > 0 ? found : DEFAULT_CLIENTS;
  return [
    {
      code: 'PP_LIMIT_IPTABLES_AFFINITY_CLIENTS',
      feature: 'sessionAffinity',
      support: 'degraded',
      effect: 'warn',
      message: `This host remembers ${clients} clients for each endpoint: of more, the one that was silent longest is balanced anew.`,
      remedy: 'Write `options xt_recent ip_list_tot=10000` to /etc/modprobe.d/xt_recent.conf and reboot.',
      source: 'probe of the host: /sys/module/xt_recent/parameters/ip_list_tot',
    },
  ];
}
