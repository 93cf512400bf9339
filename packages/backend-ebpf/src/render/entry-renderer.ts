/** The maps' entries for a desired state, change by change: a change of one object costs what it touches. */
import {
  type DesiredKey,
  type DesiredState,
  type ServicePort,
  type ServicePortKey,
  type Transition,
  typeOfKey,
} from '@polyplane/core/backend';
import type { Claim } from './claim';
import { type ConfigOptions, configEntries } from './config-entry';
import { type ClaimChanges, EntryBook } from './entry-book';
import { Identifiers } from './identifiers';
import type { EntryChanges, MapEntry } from './map-entry';
import { type HostInterfaces, type NodeFacts, nodeFactsOf, ownAddress } from './node-facts';
import { nodeEntries, ownAddressEntries, poolEntries, routeEntries, workloadEntries } from './route-entries';
import { identifiersOf, serviceEntries } from './service-entries';

/** A step from what was rendered last to another state. */
export interface EntryStep {
  readonly changes: EntryChanges;
  readonly claims: ClaimChanges;
  /** Services that go, as they were. */
  readonly goneServices: readonly ServicePort[];
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
    const goneServices = [...claims.keys()].flatMap((key) => {
      const service = before.services.get(key as ServicePortKey);
      return service !== undefined && !after.services.has(service.key) ? [service] : [];
    });
    return { changes: this.book.changesBy(claims), claims, goneServices };
  }

  /** The step to the same state on other interfaces. */
  stepToInterfaces(state: DesiredState, interfaces: HostInterfaces): EntryStep {
    const claims = this.allClaims(state, nodeFactsOf(state, interfaces));
    return { changes: this.book.changesBy(claims), claims, goneServices: [] };
  }

  /** The step was carried out. */
  commit({ claims, goneServices }: EntryStep): void {
    this.book.commit(claims);
    for (const service of goneServices) for (const name of identifiersOf(service)) this.identifiers.forget(name);
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
