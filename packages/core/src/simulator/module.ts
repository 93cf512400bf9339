/** The simulator for a container. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend } from '../backend/backend';
import { SimulatorBackend } from './backend';

/** Binds the backend named `simulator`. */
export const simulatorModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend)
    .toDynamicValue(() => new SimulatorBackend())
    .inSingletonScope();
});
