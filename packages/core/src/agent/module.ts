/** The inversify module that makes a node agent out of a source, options and whatever backends are bound. */
import { ContainerModule } from 'inversify';
import { asyncScheduler } from 'rxjs';
import { backendOptionsToken, DataplaneBackend } from '../backend/backend';
import { Logger, SILENT_LOGGER } from '../backend/logger';
import { BackendRegistry } from '../backend/registry';
import { type OnUnsupportedChoice, parseOnUnsupported } from '../limits/on-unsupported';
import { Source } from '../sources/source';
import { AgentLock } from './agent-lock';
import { checkAgentOptions } from './check-options';
import { NodeAgent } from './node-agent';
import { NodeAgentOptions, RandomNumbers, Scheduler } from './node-agent-options';
import { SocketLock } from './socket-lock';

/** What a node agent is made from: its options, its source, its logger, and the options of backends. */
export interface CoreModuleOptions extends NodeAgentOptions {
  readonly source: Source;
  /** Default: a silent one. */
  readonly logger?: Logger;
  /** Options of each backend, by its name: `onUnsupported` (an `OnUnsupportedChoice`) for the agent, the rest for the backend itself. */
  readonly backends?: Readonly<Record<string, object>>;
}

/**
 * Binds `NodeAgent`, `BackendRegistry` and what they are built from. Load it together with the modules of the backends to
 * choose from; bind `Scheduler`, `RandomNumbers` or `AgentLock` anew to have your own.
 * @throws CoreError PP_AGENT_OPTIONS_INVALID
 */
export function coreModule(options: CoreModuleOptions): ContainerModule {
  checkAgentOptions(options);
  const { source, logger, backends = {}, ...rest } = options;
  const chosen = Object.entries(backends).map(([name, all]) => splitOptions(name, all));
  const agentOptions: NodeAgentOptions = {
    ...rest,
    ...(rest.onUnsupported !== undefined && { onUnsupported: parseOnUnsupported(rest.onUnsupported, 'onUnsupported') }),
    onUnsupportedOfBackend: Object.fromEntries(chosen.flatMap(({ onUnsupported }) => onUnsupported)),
  };
  return new ContainerModule(({ bind }) => {
    bind(NodeAgentOptions).toConstantValue(agentOptions);
    bind(Source).toConstantValue(source);
    bind(Logger).toConstantValue(logger ?? SILENT_LOGGER);
    bind(AgentLock).toConstantValue(new SocketLock());
    bind(Scheduler).toConstantValue(asyncScheduler);
    bind(RandomNumbers).toConstantValue(Math.random);
    for (const { name, own } of chosen) bind(backendOptionsToken(name)).toConstantValue(own);
    bind(BackendRegistry)
      .toDynamicValue((context) => new BackendRegistry(context.getAll(DataplaneBackend, { optional: true })))
      .inSingletonScope();
    bind(NodeAgent)
      .toDynamicValue(
        (context) =>
          new NodeAgent({
            options: context.get(NodeAgentOptions),
            source: context.get(Source),
            registry: context.get(BackendRegistry),
            lock: context.get(AgentLock),
            logger: context.get(Logger),
            scheduler: context.get(Scheduler),
            random: context.get(RandomNumbers),
          }),
      )
      .inSingletonScope();
  });
}

interface SplitOptions {
  readonly name: string;
  /** What the backend is given. */
  readonly own: object;
  /** The one choice, by the backend's name, if there is one. */
  readonly onUnsupported: readonly (readonly [string, OnUnsupportedChoice])[];
}

function splitOptions(name: string, all: object): SplitOptions {
  if (!('onUnsupported' in all)) return { name, own: all, onUnsupported: [] };
  const { onUnsupported, ...own } = all;
  return { name, own, onUnsupported: [[name, parseOnUnsupported(onUnsupported, `backends.${name}.onUnsupported`)]] };
}
