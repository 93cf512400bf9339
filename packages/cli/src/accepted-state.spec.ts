import { join } from 'node:path';
import { expect } from 'chai';
import { acceptedState } from './accepted-state';
import { computeNode, readCluster } from './cluster';
import { loadBackends } from './load-backends';
import { ROOT } from './testing/polyplane-process';

describe('what a backend would be handed', () => {
  const ebpf = loadBackends([]).get('ebpf');

  it('is without what its limits leave out, in the chosen version of them', async () => {
    const cluster = await readCluster({ filename: [join(ROOT, 'examples/limits/ebpf-log-action.yaml')] });
    const desired = computeNode(cluster, 'node-1');
    const actions = (choice: Parameters<typeof acceptedState>[2]) => {
      const { state, diagnostics } = acceptedState(ebpf, desired, choice);
      const rules = [...state.policies.values()].flatMap(({ ingress }) => ingress.map(({ action }) => action));
      return [rules, diagnostics.map(({ code }) => code)];
    };
    expect(actions({})).to.deep.equal([['allow', 'deny'], ['PP_LIMIT_EBPF_LOG_ACTION']]);
    expect(actions({ profile: 'calico-3.29' })).to.deep.equal([['allow', 'log', 'deny'], []]);
  });
});
