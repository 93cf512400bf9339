/** Finds every backend: the ones that come with the command, and those of third parties, all by the module that exports them. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Container, type ContainerModule } from 'inversify';
import { BackendRegistry, backendOptionsToken, DataplaneBackend, DataplaneError } from '@polyplane/core';
import { CliError } from './cli-error';
import type { KnownBackends, OptionFault } from './node-agent-configuration';

/** Modules that the command itself depends on. */
const BUILT_IN = [
  '@polyplane/core/simulator',
  '@polyplane/backend-iptables',
  '@polyplane/backend-ebpf',
  '@polyplane/backend-vpp',
];

/**
 * The inversify modules of the built-in backends and of `moduleNames` (package names, or paths from the working directory). A
 * module of a third party is anything that exports, or is, a ContainerModule that binds `DataplaneBackend`; it may have its own copies
 * of inversify and of core.
 * @throws CliError PP_CLI_MODULE_INVALID
 */
export function backendModules(moduleNames: readonly string[]): readonly ContainerModule[] {
  return [...BUILT_IN, ...moduleNames].flatMap(containerModulesOf);
}

/** It judges packets and moves none. */
export const SIMULATOR = 'simulator';

/**
 * Every backend, with default options but for those in `options`, by the backend's name.
 * @throws CliError PP_CLI_MODULE_INVALID, PP_CLI_CONFIG_INVALID; CoreError PP_BACKEND_DUPLICATE
 */
export function loadBackends(
  moduleNames: readonly string[],
  options: Readonly<Record<string, object>> = {},
): BackendRegistry {
  const container = new Container();
  for (const [name, all] of Object.entries(options)) {
    // For the agent, not for the backend.
    const { onUnsupported: _, ...own } = all as { readonly onUnsupported?: unknown };
    container.bind(backendOptionsToken(name)).toConstantValue(own);
  }
  container.load(...backendModules(moduleNames));
  try {
    return new BackendRegistry(container.getAll(DataplaneBackend));
  } catch (error) {
    // Making a backend touches nothing: what can go wrong is what the user wrote for it.
    if (!(error instanceof DataplaneError)) throw error;
    throw new CliError('PP_CLI_CONFIG_INVALID', `backends: ${error.message}`, { cause: error });
  }
}

/**
 * What a configuration may say of the backends.
 * @throws CliError PP_CLI_MODULE_INVALID; CoreError PP_BACKEND_DUPLICATE
 */
export function knownBackends(moduleNames: readonly string[]): KnownBackends {
  const { names, featureGates } = loadBackends(moduleNames);
  return { names, featureGates, optionFaults: (name, options) => optionFaults(moduleNames, name, options) };
}

/** What a backend says against its options: it names one at a time, so each is taken out for the next to be found. */
function optionFaults(moduleNames: readonly string[], name: string, options: object): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const left = new Map(Object.entries(options));
  for (;;) {
    const fault = optionFault(moduleNames, name, Object.fromEntries(left));
    if (fault !== undefined) faults.push(fault);
    if (fault?.option === undefined || !left.delete(fault.option)) return faults;
  }
}

function optionFault(moduleNames: readonly string[], name: string, options: object): OptionFault | undefined {
  try {
    loadBackends(moduleNames, { [name]: options });
    return undefined;
  } catch (error) {
    if (!(error instanceof CliError && error.cause instanceof DataplaneError)) throw error;
    const { message, option } = error.cause;
    return { message, ...(option !== undefined && { option }) };
  }
}

function containerModulesOf(name: string): readonly ContainerModule[] {
  const exported = loadModule(name);
  // What is exported under a name and as the default is one.
  const modules = new Set([exported, ...Object.values(exported)].filter(isContainerModule));
  if (modules.size > 0) return [...modules];
  throw new CliError('PP_CLI_MODULE_INVALID', `module ${name} exports no ContainerModule`);
}

/** By its shape: a class of another copy of inversify is another class. */
function isContainerModule(value: unknown): value is ContainerModule {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('load' in value)) return false;
  return typeof value.id === 'number' && typeof value.load === 'function';
}

function loadModule(name: string): object {
  try {
    const exported: unknown = requireFrom(name)(name);
    return typeof exported === 'object' && exported !== null ? exported : {};
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new CliError('PP_CLI_MODULE_INVALID', `module ${name} cannot be loaded: ${reason}`, { cause: error });
  }
}

/** The command's own dependencies as the command sees them; all else as a file in the working directory would. */
function requireFrom(name: string): NodeJS.Require {
  return BUILT_IN.includes(name) ? require : createRequire(join(process.cwd(), 'polyplane.js'));
}
