/** The node agent as a daemon: made from its configuration, watched over HTTP, ended by a signal. */
import { join } from 'node:path';
import { Container } from 'inversify';
import type { Logger } from 'pino';
import { distinctUntilChanged, filter, firstValueFrom, map, type Observer, Subject } from 'rxjs';
import {
  AgentLock,
  BackendRegistry,
  CodedError,
  CoreError,
  coreModule,
  DataplaneError,
  FileRecord,
  KubernetesSource,
  type LastGoodRecord,
  ManifestSource,
  NodeAgent,
  readKubeConfig,
  type Source,
} from '@polyplane/core';
import { openAgentEndpoints } from './agent-endpoints';
import { type LogLevel, openLog } from './agent-log';
import { agentMetrics } from './agent-metrics';
import { CliError } from './cli-error';
import { backendModules } from './load-backends';
import { LockTakenFirst } from './lock-taken-first';
import type { NodeAgentConfiguration } from './node-agent-configuration';
import { withTriggerTimes } from './trigger-times';

/**
 * Runs until SIGTERM or SIGINT; what is in force then stays in force. Logs go to stderr: text on a terminal, else one JSON object a line.
 * @throws CliError PP_CLI_CONFIG_INVALID, PP_CLI_HOST_UNABLE; CoreError PP_AGENT_ALREADY_RUNNING, PP_BACKEND_UNKNOWN, PP_BACKEND_UNUSABLE, PP_LIMIT_REFUSED
 */
export async function runAgentDaemon(
  configuration: NodeAgentConfiguration,
  moduleNames: readonly string[],
  logLevel: LogLevel,
): Promise<void> {
  const logger = openLog(configuration.nodeName, logLevel);
  const record = openRecord(configuration);
  const triggers = new Subject<readonly number[]>();
  const container = createContainer(configuration, moduleNames, logger, record, triggers);
  const agent = createAgent(container);
  await takeLock(container, configuration);
  const { registry, observeProgramming } = agentMetrics(agent);
  triggers.subscribe((times) => void measureProgramming(agent, times, observeProgramming));
  const endpoints = await openAgentEndpoints(configuration, agent, registry);
  logger.info({ health: endpoints.healthUrl, metrics: endpoints.metricsUrl }, 'starting');
  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping; what is in force stays in force');
    void agent
      .stop('leave')
      .catch((error: unknown) => logger.error({ err: error }, 'the session could not be released'));
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  try {
    await runToEnd(agent, logger);
  } finally {
    process.off('SIGTERM', stop).off('SIGINT', stop);
    await record.settled();
    await endpoints.close();
  }
}

/** Once what came with these times is in force. */
async function measureProgramming(
  agent: NodeAgent,
  times: readonly number[],
  observe: (seconds: number) => void,
): Promise<void> {
  try {
    await agent.applied(agent.status.revision);
    // The controller's clock may be ahead of ours.
    for (const time of times) observe(Math.max(0, Date.now() - time) / 1000);
  } catch (error) {
    // An agent that ends has nothing more to put in force, and says itself why it ends.
    if (!(error instanceof CodedError)) throw error;
  }
}

async function runToEnd(agent: NodeAgent, logger: Logger): Promise<void> {
  followTroubles(agent, logger);
  const ended = endOf(agent);
  try {
    await agent.start();
    logger.info({ backend: agent.status.backend, facts: agent.status.facts?.facts }, 'running');
    const failure = await ended;
    if (failure !== undefined) throw failure;
  } catch (error) {
    // A signal that came while the dataplane was being opened is no failure.
    if (!(error instanceof CoreError && error.code === 'PP_AGENT_STOPPED')) throw error;
  } finally {
    await agent.stop('leave');
  }
}

/** Why the agent failed; undefined when it was stopped. */
async function endOf(agent: NodeAgent): Promise<CodedError | undefined> {
  const isOver = agent.status$.pipe(filter(({ phase }) => phase === 'failed' || phase === 'stopped'));
  return (await firstValueFrom(isOver)).failure;
}

/** Logs what keeps the dataplane from being opened, and what the source cannot use; each once. */
function followTroubles(agent: NodeAgent, logger: Logger): void {
  const waiting = agent.status$.pipe(
    map(({ phase, failure }) => (phase === 'opening' ? failure : undefined)),
    distinctUntilChanged((a, b) => a?.message === b?.message),
  );
  waiting.subscribe((failure) => {
    if (failure !== undefined) logger.warn({ code: failure.code }, `${failure.message}; trying again`);
  });
  agent.problems$.subscribe(({ met, cleared }) => {
    for (const { code, message, file, line } of met) logger.warn({ code, file, line }, message);
    for (const { code, message, file, line } of cleared) logger.info({ code, file, line }, `no more: ${message}`);
  });
}

/** What the source last read, kept for the next start. */
function openRecord({ stateDirectory, nodeName, source }: NodeAgentConfiguration): FileRecord {
  const kind = source.manifests === undefined ? 'kubernetes' : 'manifests';
  // A node's name may be anything here, also a path.
  return new FileRecord(join(stateDirectory, 'last-good', `${kind}-${encodeURIComponent(nodeName)}.jsonl`));
}

function createContainer(
  configuration: NodeAgentConfiguration,
  moduleNames: readonly string[],
  logger: Logger,
  record: LastGoodRecord,
  triggers: Observer<readonly number[]>,
): Container {
  const { nodeName, allowEmptyCluster, backend, backends, onUnsupported, profile, featureGates } = configuration;
  const container = new Container();
  const source = withTriggerTimes(createSource(configuration, record), Date.now(), (times) => triggers.next(times));
  container.load(
    coreModule({
      nodeName,
      allowMissingNode: allowEmptyCluster,
      backend,
      backends,
      onUnsupported,
      profile,
      featureGates,
      source,
      logger,
    }),
    ...backendModules(moduleNames),
  );
  const lock = new LockTakenFirst(container.get(AgentLock));
  container.rebind(AgentLock).toConstantValue(lock);
  return container;
}

function createAgent(container: Container): NodeAgent {
  try {
    return container.get(NodeAgent);
  } catch (error) {
    // Making a backend touches nothing: what can go wrong is what the user wrote for it.
    if (error instanceof DataplaneError)
      throw new CliError('PP_CLI_CONFIG_INVALID', `backends: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Before the addresses: an agent of the same configuration has these, too. */
async function takeLock(container: Container, { nodeName, backend }: NodeAgentConfiguration): Promise<void> {
  const { name, claim } = container.get(BackendRegistry).choose(backend);
  if (claim !== undefined) await container.get<AgentLock>(AgentLock).take({ nodeName, backend: name });
}

function createSource({ source, allowEmptyCluster }: NodeAgentConfiguration, record: LastGoodRecord): Source {
  const { manifests, kubernetes, validate } = source;
  const fields = { ...(validate !== undefined && { validate }) };
  if (manifests !== undefined) {
    return new ManifestSource({ paths: manifests, watch: true, record, allowEmpty: allowEmptyCluster, ...fields });
  }
  return new KubernetesSource({ config: readKubeConfig(kubernetes?.kubeconfig), record, ...fields });
}
