import { createTestbedHarness, describeBackend, readTestbedObstacle } from '@polyplane/conformance';
import { EbpfBackend } from './backend';
import { disturbNode, readNodeTraces } from './testing/node-traces';
import { describeOnKernel, mountBpf, unmountBpf } from './testing/on-kernel';

const obstacle = readTestbedObstacle();

if (obstacle === undefined) {
  describeOnKernel('the eBPF backend', () => {
    let fileSystem = '';
    before(() => {
      fileSystem = mountBpf();
    });
    after(() => unmountBpf(fileSystem));

    describeBackend('ebpf', async () =>
      createTestbedHarness({
        backend: new EbpfBackend({ bpfFileSystem: fileSystem, isUnfinished: true }),
        readTraces: async (networkNamespace) => readNodeTraces(fileSystem, networkNamespace),
        disturb: async (networkNamespace) => disturbNode(fileSystem, networkNamespace),
      }),
    );
  });
}
