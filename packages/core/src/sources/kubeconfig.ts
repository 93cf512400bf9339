/** Which API server to read, and as whom. */
import { KubeConfig } from '@kubernetes/client-node';
import { CoreError } from '../core-error';

/**
 * From a kubeconfig file; without one as kubectl finds it ($KUBECONFIG, ~/.kube/config), or as a pod of the cluster.
 * @throws CoreError PP_KUBECONFIG_INVALID
 */
export function readKubeConfig(file?: string): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (config.getCurrentCluster() === null) throw invalid(file, 'its current context names no cluster');
  return config;
}

function invalid(file: string | undefined, reason: string, cause?: unknown): CoreError {
  return new CoreError('PP_KUBECONFIG_INVALID', `${file ?? 'the default kubeconfig'}: ${reason}`, { cause });
}
