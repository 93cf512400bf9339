import { expect } from 'chai';
import { readResource } from './parse';

const told = (apiVersion: string, kind: string): string | undefined => {
  const read = readResource({ apiVersion, kind, metadata: { name: 'x' } });
  return read.outcome === 'faulty' ? read.faults[0].error.code : undefined;
};

describe('policies that are not read', () => {
  it('are told where they are of another system or another time', () => {
    for (const [apiVersion, kind] of [
      ['cilium.io/v2', 'CiliumNetworkPolicy'],
      ['cilium.io/v2', 'CiliumClusterwideNetworkPolicy'],
      ['crd.antrea.io/v1beta1', 'NetworkPolicy'],
      ['crd.antrea.io/v1alpha1', 'ClusterNetworkPolicy'],
      ['security.antrea.tanzu.vmware.com/v1alpha1', 'ClusterNetworkPolicy'],
      ['k8s.ovn.org/v1', 'EgressFirewall'],
      ['network.openshift.io/v1', 'EgressNetworkPolicy'],
      ['isovalent.com/v1alpha1', 'IsovalentNetworkPolicy'],
      ['v1', 'policy'],
      ['v1', 'hostEndpoint'],
    ] as const) {
      expect(told(apiVersion, kind), `${apiVersion} ${kind}`).to.equal('PP_POLICY_NOT_READ');
    }
  });

  it('are told where a kind that is read is meant, and its API version or its letters are not right', () => {
    for (const [apiVersion, kind] of [
      ['networking.k8s.io/v1beta1', 'NetworkPolicy'],
      ['v1', 'NetworkPolicy'],
      ['networking.k8s.io/v1', 'networkpolicy'],
      ['networking.k8s.io/v1', 'NetworkPolicies'],
      ['projectcalico.org/v1', 'GlobalNetworkPolicy'],
      ['policy.networking.k8s.io/v1', 'AdminNetworkPolicy'],
      ['networking.k8s.io/v1', 'NetwrokPolicy'],
      ['v1', 'NetworkPolcy'],
      ['projectcalico.org/v3', 'GlobalNetworkPolcy'],
      ['projectcalico.org/v3', 'HostEndpoints'],
      ['projectcalico.org/v3', 'Teir'],
      ['projectcalico.org/v2', 'Profile'],
    ] as const) {
      expect(told(apiVersion, kind), `${apiVersion} ${kind}`).to.equal('PP_POLICY_NOT_READ');
    }
    const read = readResource({ apiVersion: 'v1', kind: 'NetworkPolicy', metadata: { name: 'x', namespace: 'a' } });
    expect(read.outcome === 'faulty' && read.faults[0].error.message).to.equal(
      'NetworkPolicy a/x: "NetworkPolicy" of "v1" is not read, and the policy not in force: the nearest that is read is NetworkPolicy of networking.k8s.io/v1',
    );
  });

  it('are told with the nearest kind of their own API, where it has one', () => {
    for (const [apiVersion, kind, nearest] of [
      ['projectcalico.org/v2', 'NetworkPolicy', 'NetworkPolicy of projectcalico.org/v3'],
      ['crd.projectcalico.org/v2', 'NetwrokPolicy', 'NetworkPolicy of crd.projectcalico.org/v1'],
      ['networking.k8s.io/v2', 'NetworkPolicies', 'NetworkPolicy of networking.k8s.io/v1'],
      ['example.com/v1', 'AdminNetworkPolicy', 'AdminNetworkPolicy of policy.networking.k8s.io/v1alpha1'],
    ] as const) {
      const read = readResource({ apiVersion, kind, metadata: { name: 'x' } });
      expect(read.outcome === 'faulty' && read.faults[0].error.message, kind).to.match(
        new RegExp(`the nearest that is read is ${nearest}$`),
      );
    }
  });

  it('are no matter where the kind is no policy', () => {
    for (const [apiVersion, kind] of [
      ['cilium.io/v2', 'CiliumEndpoint'],
      ['policy/v1', 'PodDisruptionBudget'],
      ['security.istio.io/v1', 'AuthorizationPolicy'],
      ['apps/v1', 'Deployment'],
      ['seccomp.example.com/v1', 'Profile'],
    ] as const) {
      expect(readResource({ apiVersion, kind, metadata: { name: 'x' } }).outcome, kind).to.equal('foreign');
    }
  });

  it('are read where an older API version means the same', () => {
    const spec = { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] };
    const read = readResource({
      apiVersion: 'extensions/v1beta1',
      kind: 'NetworkPolicy',
      metadata: { name: 'x' },
      spec,
    });
    expect(read).to.have.property('outcome', 'resource');
    expect(read.outcome === 'resource' && read.resource.ref).to.deep.include({ apiVersion: 'extensions/v1beta1' });
  });
});
