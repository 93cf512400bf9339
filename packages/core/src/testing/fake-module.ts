/** The fake backend for a container. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend } from '../backend/backend';
import { FakeBackend } from './fake-backend';

/** Binds the fake, which the test keeps to script its faults and to see what is in force. */
export function fakeModule(backend: FakeBackend = new FakeBackend()): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(DataplaneBackend).toConstantValue(backend);
  });
}
