/** The schema of Pod (v1). */
import { z } from 'zod';
import { familyOf } from '../../state';
import type { Pod } from '../kinds/kubernetes';
import {
  checked,
  choice,
  flag,
  ipAddress,
  list,
  optional,
  optionalText,
  port,
  portName,
  readAt,
  refuse,
  refuseDuplicates,
  serviceProtocol,
  structure,
} from './fields';
import type { ResourceBody } from './kind-schema';
import { subdomainName } from './metadata';

const containerPort = z.object({
  name: optionalText.pipe(portName.optional()),
  containerPort: port,
  protocol: serviceProtocol,
});

const container = z.object({ ports: list(containerPort), restartPolicy: optionalText }).transform(
  checked((raw, context) => {
    refuseDuplicates(
      context,
      raw.ports.map((entry) => entry.name),
      (index) => ['ports', index, 'name'],
    );
  }),
);

const spec = z
  .object({
    nodeName: optionalText.pipe(subdomainName.optional()),
    hostNetwork: flag,
    serviceAccountName: optionalText,
    serviceAccount: optionalText,
    containers: list(container),
    initContainers: list(container),
  })
  .transform((raw, context): Pod['spec'] => {
    const given = raw.serviceAccountName === undefined ? 'serviceAccount' : 'serviceAccountName';
    const serviceAccountName = readAt(subdomainName, raw[given] ?? 'default', context, [given]);
    const sidecars = raw.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
    return {
      ...(raw.nodeName !== undefined && { nodeName: raw.nodeName }),
      hostNetwork: raw.hostNetwork,
      ...(serviceAccountName !== undefined && { serviceAccountName }),
      ports: [...raw.containers, ...sidecars].flatMap(({ ports }) => ports),
    };
  });

const podIp = z.object({ ip: ipAddress });

const status = z
  .object({
    podIP: optionalText,
    podIPs: optional(z.array(podIp)),
    phase: choice(['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'], 'Pending'),
  })
  .transform((raw, context): Pod['status'] => {
    const podIPs = (raw.podIPs ?? []).map(({ ip }) => ip);
    const first = raw.podIP === undefined ? undefined : readAt(ipAddress, raw.podIP, context, ['podIP']);
    if (first !== undefined && podIPs.length === 0) podIPs.push(first);
    if (first !== undefined && podIPs[0] !== first) refuse(context, ['podIPs', 0], `is not podIP, ${first}`);
    if (podIPs.length > 2 || new Set(podIPs.map(familyOf)).size < podIPs.length) {
      refuse(context, ['podIPs'], 'more than one address of an IP family');
    }
    return { podIPs, phase: raw.phase };
  });

export const podBody: z.ZodType<ResourceBody<Pod>> = z.object({ spec: structure(spec), status: structure(status) });
