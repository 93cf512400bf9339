/** The profiles that endpoints of this node refer to: what decides when no tier did. */
import { ANY_END, type ObjectRef, type Profile, type ProfileKey, type Rule } from '../state';
import type { EndpointKey } from './endpoint-policies';
import { namespaceProfile } from './inheritance';
import { profileKey } from './keys';
import type { Output } from './output';

export class Profiles {
  private readonly profilesOf = new Map<EndpointKey, readonly string[]>();
  private readonly users = new Map<string, number>();

  constructor(private readonly output: Output) {}

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
    if (users === 1 && step === 1) this.output.put(renderProfile(name));
    if (users === 0) this.output.remove(profileKey(name));
  }
}

/** A namespace's profile allows everything. */
function renderProfile(name: string): Profile {
  const isNamespace = name.startsWith(namespaceProfile(''));
  const object: ObjectRef = { apiVersion: 'projectcalico.org/v3', kind: 'Profile', name };
  const allow = (field: string): Rule => ({
    action: 'allow',
    source: ANY_END,
    destination: ANY_END,
    origin: { object, field },
  });
  return {
    type: 'profile',
    key: profileKey(name),
    origin: { object, field: '' },
    ingress: isNamespace ? [allow('spec.ingress[0]')] : [],
    egress: isNamespace ? [allow('spec.egress[0]')] : [],
  };
}
