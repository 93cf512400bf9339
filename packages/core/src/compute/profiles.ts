/** The profiles that endpoints of this node refer to: what decides when no tier did. */
import type { CalicoProfile } from '../resources/kinds/calico-set';
import { ANY_END, type IpSetKey, type ObjectRef, type Origin, type ProfileKey, type Rule } from '../state';
import { renderCalicoRules } from './calico-rule';
import type { EndpointKey } from './endpoint-policies';
import { isDerivedProfile, namespaceProfile } from './inheritance';
import type { IpSets } from './ip-sets';
import { profileKey } from './keys';
import type { NetworkSets } from './network-sets';
import type { Output } from './output';
import { type RenderedRules, SetCollector } from './policy-spec';

/** The profile that Calico gives the host endpoints which it makes itself. */
const DEFAULT_ALLOW = 'projectcalico-default-allow';

/** A profile is told while an endpoint refers to it, whether or not an object of its name exists. */
export class Profiles {
  private readonly resources = new Map<string, CalicoProfile>();
  private readonly profilesOf = new Map<EndpointKey, readonly string[]>();
  private readonly users = new Map<string, number>();
  private readonly usedSets = new Map<string, readonly IpSetKey[]>();

  constructor(
    private readonly ipSets: IpSets,
    private readonly output: Output,
    private readonly networkSets: Pick<NetworkSets, 'hasUnread'>,
  ) {}

  put(profile: CalicoProfile): void {
    const { name } = profile.metadata;
    this.resources.set(name, profile);
    if (this.users.has(name)) this.render(name);
  }

  remove(name: string): void {
    this.resources.delete(name);
    if (this.users.has(name)) this.render(name);
  }

  /** Renders every profile that is told anew: network sets that cannot be read whole have come, or the last one went. */
  renderAnew(): void {
    for (const name of this.users.keys()) this.render(name);
  }

  /** Says which profiles an endpoint refers to now; none when it is gone. */
  use(endpoint: EndpointKey, names: readonly string[]): readonly ProfileKey[] {
    const before = this.profilesOf.get(endpoint) ?? [];
    for (const name of names) this.count(name, 1);
    for (const name of before) this.count(name, -1);
    if (names.length === 0) this.profilesOf.delete(endpoint);
    else this.profilesOf.set(endpoint, names);
    return names.map(profileKey);
  }

  private count(name: string, step: 1 | -1): void {
    const users = (this.users.get(name) ?? 0) + step;
    if (users > 0) this.users.set(name, users);
    else this.users.delete(name);
    if (users === 1 && step === 1) this.render(name);
    else if (users === 0) this.withdraw(name);
  }

  private render(name: string): void {
    const resource = isDerivedProfile(name) ? undefined : this.resources.get(name);
    const origin: Origin = { object: resource?.ref ?? derivedRef(name), field: '' };
    const { ingress, egress, ipSets } =
      resource === undefined ? builtInRules(name, origin) : rulesOf(resource, this.networkSets.hasUnread);
    for (const definition of ipSets) this.ipSets.acquire(definition);
    this.releaseSets(name);
    this.usedSets.set(
      name,
      ipSets.map(({ key }) => key),
    );
    this.output.put({ type: 'profile', key: profileKey(name), origin, ingress, egress });
  }

  private withdraw(name: string): void {
    this.releaseSets(name);
    this.output.remove(profileKey(name));
  }

  private releaseSets(name: string): void {
    for (const set of this.usedSets.get(name) ?? []) this.ipSets.release(set);
    this.usedSets.delete(name);
  }
}

function rulesOf({ ref, spec }: CalicoProfile, hasUnreadNets: boolean): RenderedRules {
  const context = { sets: new SetCollector(), hasUnreadNets };
  const ingress = renderCalicoRules(spec.ingress, { object: ref, field: 'spec.ingress' }, context);
  const egress = renderCalicoRules(spec.egress, { object: ref, field: 'spec.egress' }, context);
  return { ingress, egress, ipSets: context.sets.ipSets };
}

/** A namespace's profile allows everything, as does Calico's default one; a profile that nothing defines has no rules. */
function builtInRules(name: string, { object }: Origin): RenderedRules {
  if (name !== DEFAULT_ALLOW && !name.startsWith(namespaceProfile(''))) return { ingress: [], egress: [], ipSets: [] };
  const allow = (field: string): readonly Rule[] => [
    { action: 'allow', source: ANY_END, destination: ANY_END, origin: { object, field } },
  ];
  return { ingress: allow('spec.ingress[0]'), egress: allow('spec.egress[0]'), ipSets: [] };
}

function derivedRef(name: string): ObjectRef {
  return { apiVersion: 'projectcalico.org/v3', kind: 'Profile', name };
}
