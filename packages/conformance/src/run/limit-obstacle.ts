/** Whether a backend's limits let it run a state of a suite. */
import { checkCluster, type DataplaneBackend, formatObjectRef, type LimitTable } from '@polyplane/core';
import type { SuiteState } from '../suites/suite';

/**
 * The limit that would leave out something of the state, code first; undefined when the backend does it all.
 * @param hostLimits found by asking the host; a row stands in for the backend's own of its feature
 */
export function limitObstacle(
  { resources }: SuiteState,
  { name, behaviours, limits }: DataplaneBackend,
  hostLimits: LimitTable,
): string | undefined {
  const asked = new Set(hostLimits.map(({ feature }) => feature));
  const all = [...hostLimits, ...limits.filter(({ feature }) => !asked.has(feature))];
  const { backends } = checkCluster({ resources, backends: [{ name, behaviours, limits: all }] });
  const [met] = backends.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'error');
  if (met === undefined) return undefined;
  const field = met.field === '' ? '' : ` ${met.field}`;
  return `${met.code}: ${formatObjectRef(met.object)}${field}: ${met.message}`;
}
