/** Where node ports answer. */
import { familyOf, type IpFamily, type NodeSettings, parseCidr } from '@polyplane/core/backend';
import { formatRule, type ModuleMatch, type RuleSpec, type RuleText, type Target } from './rule-text';

/** Where node ports answer only if the settings say so. */
export const LOOPBACK = parseCidr('127.0.0.0/8');

/** The rules that send a packet to `target` when its destination is an address where node ports answer. */
export function renderNodePortEntrances(family: IpFamily, settings: NodeSettings, target: Target): readonly RuleText[] {
  const matches: readonly ModuleMatch[] = [{ kind: 'local', end: 'destination' }];
  const answersOnLoopback = family === 4 && settings.localhostNodePorts;
  const noLoopback: RuleSpec[] =
    family === 4 && !answersOnLoopback ? [{ destination: { value: LOOPBACK }, target: { kind: 'return' } }] : [];
  const ranges = settings.nodePortAddresses;
  const entrances: RuleSpec[] =
    ranges === undefined
      ? [{ matches, target }]
      : ranges
          .filter((range) => familyOf(range) === family)
          .map((range) => ({ destination: { value: range }, matches, target }));
  return [...noLoopback, ...entrances].map(formatRule);
}
