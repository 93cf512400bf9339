/** The eBPF backend for a container. */
import { ContainerModule } from 'inversify';
import { DataplaneBackend } from '@polyplane/core/backend';
import { EbpfBackend } from './backend';

/** Binds the backend named `ebpf`. */
export const ebpfModule = new ContainerModule(({ bind }) => {
  bind(DataplaneBackend)
    .toDynamicValue(() => new EbpfBackend())
    .inSingletonScope();
});
