/** Which API server to read, and as whom. */
import type { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';
import { CoreError } from '../core-error';

/**
 * From a kubeconfig file; without one as kubectl finds it ($KUBECONFIG, ~/.kube/config), or as a pod of the cluster. `context`: the
 * name of the context that counts in place of the current one.
 * @throws CoreError PP_KUBECONFIG_INVALID
 */
export function readKubeConfig(file?: string, context?: string): KubeConfig {
  const config = newKubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    throw invalid(file, reasonOf(cause), cause);
  }
  if (context !== undefined) chooseContext(config, context, file);
  if (config.getCurrentCluster() === null) {
    throw invalid(file, `${context === undefined ? 'its current context' : `context ${context}`} names no cluster`);
  }
  return config;
}

function chooseContext(config: KubeConfig, context: string, file: string | undefined): void {
  if (config.getContextObject(context) === null) {
    const names = config.getContexts().map(({ name }) => name);
    const there = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`;
    throw invalid(file, `no context is named ${JSON.stringify(context)}; ${there}`);
  }
  config.setCurrentContext(context);
}

/** The client is loaded once it is asked for: it weighs as much as the rest of this package, and who reads manifests needs none. */
function newKubeConfig(): KubeConfig {
  // What `require` gives is not known to the type checker.
  const client = require('@kubernetes/client-node') as typeof import('@kubernetes/client-node');
  return new client.KubeConfig();
}

const yamlFault = z.object({ name: z.literal('YAMLException'), mark: z.object({ line: z.number() }).optional() });

/** Of YAML that cannot be read the place only: its reader shows the lines around it, in which tokens and passwords stand. */
function reasonOf(cause: unknown): string {
  const { data, success } = yamlFault.safeParse(cause);
  if (success) return data.mark === undefined ? 'not YAML' : `not YAML: line ${data.mark.line + 1}`;
  return cause instanceof Error ? cause.message : String(cause);
}

function invalid(file: string | undefined, reason: string, cause?: unknown): CoreError {
  return new CoreError('PP_KUBECONFIG_INVALID', `${file ?? 'the default kubeconfig'}: ${reason}`, { cause });
}
