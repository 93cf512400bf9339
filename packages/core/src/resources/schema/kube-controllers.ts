/** The schema of Calico's KubeControllersConfiguration. */
import { z } from 'zod';
import type { KubeControllersConfiguration } from '../kinds/calico-inert';
import { anySelector, calicoName } from './calico-fields';
import { goDuration, regularExpression } from './felix-syntax';
import { cidr, list, optional, optionalText, structure, word } from './fields';
import type { ResourceBody } from './kind-schema';
import { annotations, labels } from './metadata';

const enabledOrDisabled = word(['Enabled', 'Disabled']);
/** 0 turns the server off. */
const serverPort = optional(z.int().min(0).max(0xffff));

/** A controller that has nothing to set but how often it looks. */
export const periodicController = z.object({ reconcilerPeriod: goDuration });

/** A host endpoint that is made for every node. */
export const hostEndpointTemplate = z.object({
  generateName: optionalText.pipe(calicoName.optional()),
  interfaceCIDRs: list(cidr),
  interfacePattern: regularExpression,
  labels,
  annotations,
  nodeSelector: anySelector,
});

export const autoHostEndpoint = z.object({
  autoCreate: enabledOrDisabled,
  createDefaultHostEndpoint: enabledOrDisabled,
  templates: list(hostEndpointTemplate),
});

export const nodeController = z.object({
  reconcilerPeriod: goDuration,
  syncLabels: enabledOrDisabled,
  hostEndpoint: optional(autoHostEndpoint),
  leakGracePeriod: goDuration,
});

const controllers = z.object({
  node: optional(nodeController),
  policy: optional(periodicController),
  workloadEndpoint: optional(periodicController),
  serviceAccount: optional(periodicController),
  namespace: optional(periodicController),
  loadBalancer: optional(z.object({ assignIPs: word(['AllServices', 'RequestedServicesOnly']) })),
  migration: optional(z.object({ policyNameMigrator: enabledOrDisabled })),
});

export const kubeControllersConfigurationBody: z.ZodType<ResourceBody<KubeControllersConfiguration>> = z
  .object({
    spec: structure(
      z.object({
        logSeverityScreen: word(['None', 'Debug', 'Info', 'Warning', 'Error', 'Fatal', 'Panic']),
        healthChecks: enabledOrDisabled,
        etcdV3CompactionPeriod: goDuration,
        prometheusMetricsPort: serverPort,
        debugProfilePort: serverPort,
        controllers: structure(controllers),
      }),
    ),
  })
  .transform(() => ({}));
