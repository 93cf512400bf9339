/** Host endpoints: those of this node under policy, and what all of them bring into IP sets. */
import type { CalicoHostEndpoint } from '../resources/kinds/calico';
import type { HostEndpoint, HostEndpointKey } from '../state';
import { type EndpointKey, type EndpointPolicies, isOfStage } from './endpoint-policies';
import { unreservedLabels } from './inheritance';
import type { IpSets } from './ip-sets';
import { hostEndpointKey } from './keys';
import type { Output } from './output';
import type { Profiles } from './profiles';

export class HostEndpoints {
  private readonly local = new Map<HostEndpointKey, CalicoHostEndpoint>();

  constructor(
    private readonly nodeName: string,
    private readonly ipSets: IpSets,
    private readonly policies: EndpointPolicies,
    private readonly profiles: Profiles,
    private readonly output: Output,
  ) {}

  put(resource: CalicoHostEndpoint): void {
    const key = hostEndpointKey(resource.metadata.name);
    const labels = unreservedLabels(resource.metadata.labels);
    const { expectedIPs: addresses, ports, profiles: parents, node } = resource.spec;
    this.ipSets.selected.put(key, labels, parents, { addresses, nets: [], ports });
    if (node === this.nodeName) {
      this.local.set(key, resource);
      this.policies.putEndpoint(key, labels, parents);
    } else this.removeLocal(key);
  }

  remove(name: string): void {
    const key = hostEndpointKey(name);
    this.ipSets.selected.remove(key);
    this.removeLocal(key);
  }

  /** Tells the host endpoint of this key, if it is one of this node. */
  render(key: EndpointKey): void {
    // Keys of workloads are in no map of host endpoints.
    const hostEndpoint = key as HostEndpointKey;
    const resource = this.local.get(hostEndpoint);
    if (resource !== undefined) this.output.put(this.renderResource(hostEndpoint, resource));
  }

  private removeLocal(key: HostEndpointKey): void {
    if (!this.local.delete(key)) return;
    this.policies.removeEndpoint(key);
    this.profiles.use(key, []);
    this.output.remove(key);
  }

  private renderResource(key: HostEndpointKey, { ref, metadata, spec }: CalicoHostEndpoint): HostEndpoint {
    const isNormal = isOfStage('normal');
    return {
      type: 'hostEndpoint',
      key,
      origin: { object: ref, field: '' },
      name: metadata.name,
      scope: scopeOf(spec),
      expectedAddresses: spec.expectedIPs,
      tiers: this.policies.tiersOf(key, isNormal),
      forwardTiers: this.policies.tiersOf(key, (policy) => isNormal(policy) && policy.appliesOnForward),
      preDnatTiers: this.policies.tiersOf(key, isOfStage('preDnat')),
      untrackedTiers: this.policies.tiersOf(key, isOfStage('untracked')),
      profiles: this.profiles.use(key, spec.profiles),
    };
  }
}

function scopeOf({ interfaceName }: CalicoHostEndpoint['spec']): HostEndpoint['scope'] {
  if (interfaceName === undefined) return { kind: 'addresses' };
  return interfaceName === '*' ? { kind: 'allInterfaces' } : { kind: 'interface', interfaceName };
}
