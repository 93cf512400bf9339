import { join, resolve } from 'node:path';
import { expect } from 'chai';
import {
  BUNDLED_SUITES_FOLDER,
  createTestbedHarness,
  describeBackend,
  describeUnless,
  loadSuites,
  readTestbedObstacle,
  runSuites,
  type SuiteReport,
} from '@polyplane/conformance';
import { EbpfBackend } from './backend';
import { disturbNode, readNodeTraces } from './testing/node-traces';
import { describeOnKernel, mountBpf, unmountBpf } from './testing/on-kernel';

describeOnKernel('Conformance', () => {
  describeUnless(readTestbedObstacle(), 'of the eBPF dataplane', () => {
    let fileSystem = '';
    before(() => {
      fileSystem = mountBpf();
    });
    after(() => unmountBpf(fileSystem));

    const backend = (): EbpfBackend => new EbpfBackend({ bpfFileSystem: fileSystem, isUnfinished: true });

    describeBackend('ebpf', async () =>
      createTestbedHarness({
        backend: backend(),
        readTraces: async (networkNamespace) => readNodeTraces(fileSystem, networkNamespace),
        disturb: async (networkNamespace) => disturbNode(fileSystem, networkNamespace),
      }),
    );

    it('enforces the network policies of the Kubernetes end-to-end tests', async () => {
      expect(await countsOf('e2e-netpol')).to.deep.equal({ failures: [], passed: 1296, skipped: 72 });
    }).timeout(120_000);

    it('serves as the tests of kube-proxy say', async () => {
      const { failures, passed } = await countsOf('kube-proxy');
      expect({ failures, isAny: passed > 0 }).to.deep.equal({ failures: [], isAny: true });
    }).timeout(120_000);

    it('judges as the suites of policies say', async () => {
      const { failures, passed } = await countsOf('policies');
      expect({ failures, isAny: passed > 0 }).to.deep.equal({ failures: [], isAny: true });
    }).timeout(120_000);

    it('keeps the address of clients outside, also where the endpoint is on another node', async () => {
      const { failures, passed, skipped } = await countsOf(join(__dirname, 'testing', 'suites'));
      expect({ failures, passed, skipped }).to.deep.equal({ failures: [], passed: 6, skipped: 0 });
    }).timeout(60_000);

    async function countsOf(folder: string) {
      const { suites } = loadSuites(resolve(BUNDLED_SUITES_FOLDER, folder));
      const { suites: reports, passed, skipped } = await runSuites({ suites, backend: backend() });
      return { failures: failuresIn(reports), passed, skipped };
    }
  });
});

function failuresIn(reports: readonly SuiteReport[]): readonly string[] {
  return reports.flatMap(({ id, probes }) =>
    probes.flatMap(({ name, result, got, reason }) => (result === 'fail' ? [`${id}, ${name}: ${got} ${reason}`] : [])),
  );
}
