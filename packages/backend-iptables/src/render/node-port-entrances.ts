/** The rules at which packets enter the node ports. */
import { type IpFamily, type NodeSettings, nodePortEntrances } from '@polyplane/core/backend';
import { formatRule, type ModuleMatch, type RuleSpec, type RuleText, type Target } from './rule-text';

/** The rules that send a packet to `target` when its destination is an address where node ports answer. */
export function renderNodePortEntrances(family: IpFamily, settings: NodeSettings, target: Target): readonly RuleText[] {
  const matches: readonly ModuleMatch[] = [{ kind: 'local', end: 'destination' }];
  const { excluded, ranges } = nodePortEntrances(family, settings);
  const exits: RuleSpec[] = excluded.map((value) => ({ destination: { value }, target: { kind: 'return' } }));
  const entrances: RuleSpec[] =
    ranges === undefined ? [{ matches, target }] : ranges.map((value) => ({ destination: { value }, matches, target }));
  return [...exits, ...entrances].map(formatRule);
}
