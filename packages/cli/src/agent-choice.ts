/** What a node agent would be told: by its configuration, and by the options of a command that stands in for it. */
import type { DataplaneBackend, FeatureGates, LimitProfile, OnUnsupportedChoice } from '@polyplane/core';
import { CliError } from './cli-error';
import type { ClusterInput } from './cluster-input';
import { knownBackends, loadBackends } from './load-backends';
import { type NodeAgentConfiguration, readNodeAgentConfiguration } from './node-agent-configuration';
import { ownNodeName } from './node-context';

export interface AgentChoice {
  readonly backend: DataplaneBackend;
  readonly nodeName: string;
  readonly input: ClusterInput;
  readonly profile?: LimitProfile;
  readonly featureGates?: FeatureGates;
  readonly onUnsupported?: OnUnsupportedChoice;
  readonly onUnsupportedHere?: OnUnsupportedChoice;
}

/** As the options of the command say. */
export interface AgentChoiceOptions extends ClusterInput {
  readonly config?: string;
  readonly node?: string;
  readonly backend?: string;
  readonly backendModule: readonly string[];
  readonly profile?: LimitProfile;
  readonly featureGates?: FeatureGates;
}

/**
 * Options go before the configuration, which goes before the defaults.
 * @throws CliError PP_CLI_USAGE, PP_CLI_CONFIG_INVALID, PP_CLI_CONFIG_UNREADABLE, PP_CLI_MODULE_INVALID; CoreError PP_BACKEND_UNKNOWN,
 *   PP_FEATURE_GATE_UNKNOWN
 */
export function readAgentChoice(options: AgentChoiceOptions): AgentChoice {
  const { config, node, backend, backendModule, profile, featureGates } = options;
  const configuration =
    config === undefined ? undefined : readNodeAgentConfiguration(config, knownBackends(backendModule));
  const name = backend ?? configuration?.backend;
  if (name === undefined)
    throw new CliError('PP_CLI_USAGE', 'give --backend, or the agent’s configuration by --config');
  const registry = loadBackends(backendModule, configuration?.backends);
  const gates = { ...configuration?.featureGates, ...featureGates };
  registry.requireFeatureGates(gates);
  const here = configuration?.backends[name]?.onUnsupported;
  const chosenProfile = profile ?? configuration?.profile;
  return {
    backend: registry.get(name),
    nodeName: node ?? configuration?.nodeName ?? ownNodeName(),
    input: inputOf(options, configuration),
    featureGates: gates,
    ...(chosenProfile === undefined ? {} : { profile: chosenProfile }),
    ...(configuration === undefined ? {} : { onUnsupported: configuration.onUnsupported }),
    ...(here === undefined ? {} : { onUnsupportedHere: here }),
  };
}

function inputOf(
  { filename, kubeconfig, context, validate: asked }: ClusterInput,
  configuration: NodeAgentConfiguration | undefined,
): ClusterInput {
  const validate = asked ?? configuration?.source.validate;
  const fields = validate === undefined ? {} : { validate };
  if (filename !== undefined || kubeconfig !== undefined || context !== undefined || configuration === undefined) {
    return {
      ...fields,
      ...(filename === undefined ? {} : { filename }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    };
  }
  const { manifests, kubernetes } = configuration.source;
  return manifests === undefined
    ? { ...fields, kubeconfig: kubernetes?.kubeconfig ?? true }
    : { ...fields, filename: manifests };
}
