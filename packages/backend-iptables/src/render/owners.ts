/** Whose a chain or a set is: the objects to blame when the kernel refuses it. */
import type { DesiredKey, DesiredState, Policy, Profile, ServicePort } from '@polyplane/core/backend';
import { ipSetName } from './ip-sets';
import { OWNER_TAG } from './names';
import { type PolicyCompiler, rulesChainName } from './policy-chains';
import type { ServicesRenderer } from './services';

/** What was remembered from rendering. */
export interface OwnerSources {
  readonly compiler: PolicyCompiler;
  readonly services: ServicesRenderer;
}

const FAMILIES = [4, 6] as const;
const DIRECTIONS = ['ingress', 'egress'] as const;
const NAMES = new RegExp(`${OWNER_TAG}[A-Za-z0-9-]+`, 'g');

/** Owners of every chain and set that the text (a message of a tool, a line of its input) names. Shared ones have none. */
export function ownersIn(text: string, state: DesiredState, sources: OwnerSources): readonly DesiredKey[] {
  const names = new Set<string>(text.match(NAMES));
  if (names.size === 0) return [];
  const owners: DesiredKey[] = [];
  for (const { key, kind } of state.ipSets.values()) {
    if (FAMILIES.some((family) => names.has(ipSetName(key, kind, family)))) owners.push(key);
  }
  for (const object of [...state.policies.values(), ...state.profiles.values()]) {
    if (ownsRules(object, names, sources.compiler)) owners.push(object.key);
  }
  for (const service of state.services.values()) if (ownsService(service, names, sources)) owners.push(service.key);
  return owners;
}

function ownsRules(object: Policy | Profile, names: ReadonlySet<string>, compiler: PolicyCompiler): boolean {
  return DIRECTIONS.some((direction) => {
    if (names.has(rulesChainName(object, direction))) return true;
    return FAMILIES.some((family) => {
      const { blocks } = compiler.compile(object, direction, family);
      return [...blocks.keys()].some((name) => names.has(name));
    });
  });
}

function ownsService(service: ServicePort, names: ReadonlySet<string>, { services }: OwnerSources): boolean {
  return services.chainsOf(service).some((name) => names.has(name));
}
