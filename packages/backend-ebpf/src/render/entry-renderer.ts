/** The maps' entries for a desired state, change by change: a change of one object costs what it touches. */
import {
  type DesiredKey,
  type DesiredState,
  type ServicePortKey,
  type Transition,
  typeOfKey,
} from '@polyplane/core/backend';
import type { Claim } from './claim';
import { type ConfigOptions, configEntries } from './config-entry';
import { type BookStep, type ClaimChanges, EntryBook } from './entry-book';
import { Identifiers } from './identifiers';
import type { MapEntry } from './map-entry';
import { type HostInterfaces, type NodeFacts, nodeFactsOf, ownAddress } from './node-facts';
import { nodeEntries, ownAddressEntries, poolEntries, routeEntries, workloadEntries } from './route-entries';
import { identifiersOf, serviceEntries } from './service-entries';

/** A step from what was rendered last to another state. */
export interface EntryStep extends BookStep {
  /** What has a number no longer. */
  readonly goneNames: readonly string[];
}

/** What is of no one object. */
const OF_THE_NODE = 'node itself';

export class EntryRenderer {
  private readonly book = new EntryBook();
  private readonly identifiers = new Identifiers();

  constructor(private readonly options: ConfigOptions) {}

  /** The step from `before`, which was committed last, to `after`. Pure, but that names get their numbers. */
  stepTo(before: DesiredState, after: DesiredState, transition: Transition, interfaces: HostInterfaces): EntryStep {
    const facts = nodeFactsOf(after, interfaces);
    const claims = this.touchesAll(transition)
      ? this.allClaims(after, facts)
      : new Map(
          transition.changes.map((change) => {
            const key = change.op === 'put' ? change.object.key : change.key;
            return [key, this.claimsOf(key, after, facts)] as const;
          }),
        );
    return { ...this.book.stepBy(claims), goneNames: namesLost(before, after, claims.keys()) };
  }

  /** The step to the same state on other interfaces: services ask for nothing of them but the node's own address. */
  stepToInterfaces(state: DesiredState, before: HostInterfaces, after: HostInterfaces): EntryStep {
    const facts = nodeFactsOf(state, after);
    const known = nodeFactsOf(state, before);
    const isSameNode = ([4, 6] as const).every((family) => ownAddress(known, family) === ownAddress(facts, family));
    const claims = isSameNode ? this.claimsOfInterfaces(state, facts) : this.allClaims(state, facts);
    return { ...this.book.stepBy(claims), goneNames: [] };
  }

  /** The step was carried out. */
  commit(step: EntryStep): void {
    this.book.commit(step);
    for (const name of step.goneNames) this.identifiers.forget(name);
  }

  /** Every entry as it must be. */
  entries(): Iterable<MapEntry> {
    return this.book.entries();
  }

  /** What the node's settings, addresses and pools say is part of many entries. */
  private touchesAll({ scope, changes }: Transition): boolean {
    return (
      scope === 'full' ||
      changes.some((change) => {
        const type = change.op === 'put' ? change.object.type : typeOfKey(change.key);
        return type === 'settings' || type === 'pool' || type === 'node';
      })
    );
  }

  /** Of everything that is there, and of everything that was. */
  private allClaims(state: DesiredState, facts: NodeFacts): ClaimChanges {
    const claims = new Map<string, readonly Claim[]>([...this.book.owners].map((owner) => [owner, []]));
    claims.set(OF_THE_NODE, [...configEntries(facts, this.options), ...ownAddressEntries(facts)]);
    for (const key of [
      ...state.services.keys(),
      ...state.routes.keys(),
      ...state.workloads.keys(),
      ...state.nodes.keys(),
      ...state.pools.keys(),
    ]) {
      claims.set(key, this.claimsOf(key, state, facts));
    }
    return claims;
  }

  private claimsOfInterfaces(state: DesiredState, facts: NodeFacts): ClaimChanges {
    const ofNode = [...configEntries(facts, this.options), ...ownAddressEntries(facts)];
    const workloads = [...state.workloads.values()].map(
      (workload) => [workload.key, workloadEntries(workload, facts)] as const,
    );
    return new Map<string, readonly Claim[]>([[OF_THE_NODE, ofNode], ...workloads]);
  }

  private claimsOf(key: DesiredKey, state: DesiredState, facts: NodeFacts): readonly Claim[] {
    const find = <T>(objects: ReadonlyMap<DesiredKey, T>): T | undefined => objects.get(key);
    switch (typeOfKey(key)) {
      case 'service': {
        const service = find(state.services);
        return service === undefined
          ? []
          : serviceEntries(service, this.identifiers, ownAddress(facts, service.family));
      }
      case 'route': {
        const route = find(state.routes);
        return route === undefined ? [] : routeEntries(route, facts);
      }
      case 'workload': {
        const workload = find(state.workloads);
        return workload === undefined ? [] : workloadEntries(workload, facts);
      }
      case 'node': {
        const node = find(state.nodes);
        return node === undefined ? [] : nodeEntries(node, facts);
      }
      case 'pool': {
        const pool = find(state.pools);
        return pool === undefined ? [] : poolEntries(pool, facts);
      }
      default:
        return [];
    }
  }
}

/** Names that the services had, and have no longer. */
function namesLost(before: DesiredState, after: DesiredState, keys: Iterable<string>): readonly string[] {
  const lost: string[] = [];
  for (const key of keys) {
    // What is no service's key finds none.
    const service = before.services.get(key as ServicePortKey);
    if (service === undefined) continue;
    const now = after.services.get(service.key);
    if (now === service) continue;
    const kept = new Set(now === undefined ? [] : identifiersOf(now));
    lost.push(...identifiersOf(service).filter((name) => !kept.has(name)));
  }
  return lost;
}
