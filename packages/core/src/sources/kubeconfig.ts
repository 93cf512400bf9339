/** Which API server to read, and as whom. */
import type { KubeConfig } from '@kubernetes/client-node';
import { CoreError } from '../core-error';

/**
 * From a kubeconfig file; without one as kubectl finds it ($KUBECONFIG, ~/.kube/config), or as a pod of the cluster.
 * @throws CoreError PP_KUBECONFIG_INVALID
 */
export function readKubeConfig(file?: string): KubeConfig {
  const config = newKubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (config.getCurrentCluster() === null) throw invalid(file, 'its current context names no cluster');
  return config;
}

/** The client is loaded once it is asked for: it weighs as much as the rest of this package, and who reads manifests needs none. */
function newKubeConfig(): KubeConfig {
  // What `require` gives is not known to the type checker.
  const client = require('@kubernetes/client-node') as typeof import('@kubernetes/client-node');
  return new client.KubeConfig();
}

function invalid(file: string | undefined, reason: string, cause?: unknown): CoreError {
  return new CoreError('PP_KUBECONFIG_INVALID', `${file ?? 'the default kubeconfig'}: ${reason}`, { cause });
}
