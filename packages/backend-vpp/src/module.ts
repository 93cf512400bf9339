/** The VPP backend for a container. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend } from '@polyplane/core/backend';
import { VppBackend } from './backend';
import { VppOptions } from './options';

/** Binds the backend named `vpp`; options, if any, are what the container has under `VppOptions`. */
export const vppModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend)
    .toDynamicValue((context) => new VppBackend(context.get(VppOptions, { optional: true }) ?? {}))
    .inSingletonScope();
});
