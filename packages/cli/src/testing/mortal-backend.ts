/** A backend of a third party, for tests: it takes its process with it on a node named `deadly`, and enforces nothing on others. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend, type DataplaneSession, type NodeContext } from '@polyplane/core';
import { FakeBackend } from '@polyplane/core/testing';

class MortalBackend extends FakeBackend {
  constructor() {
    super({ name: 'mortal' });
  }

  override async open(node: NodeContext): Promise<DataplaneSession> {
    if (node.nodeName === 'deadly') process.kill(process.pid, 'SIGKILL');
    return super.open(node);
  }
}

export const mortalModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend).toConstantValue(new MortalBackend());
});
