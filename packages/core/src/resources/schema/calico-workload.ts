/** The schema of Calico's WorkloadEndpoint. */
import { z } from 'zod';
import { cidrContains, type InterfaceName } from '../../state';
import type { CalicoWorkloadEndpoint } from '../kinds/calico-workload';
import { calicoName, calicoProtocol, net, takesPorts } from './calico-fields';
import {
  checked,
  cidr,
  ipAddress,
  list,
  optional,
  optionalText,
  parsed,
  port,
  refuse,
  structure,
  suchThat,
  text,
  textOf,
} from './fields';
import type { ResourceBody } from './kind-schema';
import { isInterfaceName, isPortName } from './names';

const name = optionalText.pipe(calicoName.optional());
const CONTAINER_ID = /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const MAC = /^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/;

const interfaceName = parsed(
  textOf(isInterfaceName, 'an interface name (at most 15 of a-z, A-Z, 0-9, _, . and -)'),
  // The syntax has just been checked.
  (value) => value as InterfaceName,
);

/** A port of a workload: named for policies, mapped to a port of the host, or both. */
export const workloadPort = z
  .object({
    name: text,
    protocol: calicoProtocol.transform(suchThat(takesPorts, 'only TCP, UDP and SCTP have ports')),
    port,
    hostPort: optional(z.int().min(0).max(65535)),
    hostIP: optionalText.pipe(net.optional()),
  })
  .transform(
    checked((raw, context) => {
      if (raw.name === '' && (raw.hostPort ?? 0) === 0) refuse(context, ['name'], 'is missing, as is hostPort');
      if (raw.name !== '' && !isPortName(raw.name)) refuse(context, ['name'], 'is not a port name');
    }),
  );

/** A floating address and the workload's own. */
export const ipNat = z.object({ internalIP: ipAddress, externalIP: ipAddress }).transform(
  checked(({ internalIP, externalIP }, context) => {
    if (internalIP.includes(':') !== externalIP.includes(':')) {
      refuse(context, ['externalIP'], 'is of another IP family than internalIP');
    }
  }),
);

const singleAddress = net.transform(
  suchThat((value) => /:.*\/128$|\..*\/32$/.test(value), 'a workload has single addresses, no ranges'),
);

export const workloadEndpointSpec: z.ZodType<CalicoWorkloadEndpoint['spec']> = z
  .object({
    orchestrator: name,
    workload: name,
    node: name,
    containerID: optionalText.pipe(textOf((value) => CONTAINER_ID.test(value), 'a container ID').optional()),
    pod: name,
    endpoint: name,
    serviceAccountName: name,
    ipNetworks: list(singleAddress),
    ipNATs: list(ipNat),
    ipv4Gateway: optionalText.pipe(addressOf(false).optional()),
    ipv6Gateway: optionalText.pipe(addressOf(true).optional()),
    profiles: list(calicoName),
    interfaceName,
    mac: optionalText.pipe(textOf((value) => MAC.test(value), 'a MAC address').optional()),
    ports: list(workloadPort),
    allowSpoofedSourcePrefixes: list(cidr),
  })
  .transform((raw, context): CalicoWorkloadEndpoint['spec'] => {
    raw.ipNATs.forEach(({ internalIP }, index) => {
      if (raw.ipNetworks.some((network) => cidrContains(network, internalIP))) return;
      refuse(context, ['ipNATs', index, 'internalIP'], `${internalIP} is not in ipNetworks`);
    });
    return {
      orchestrator: raw.orchestrator ?? '',
      workload: raw.workload ?? '',
      node: raw.node ?? '',
      ...(raw.pod !== undefined && { pod: raw.pod }),
      endpoint: raw.endpoint ?? '',
      interfaceName: raw.interfaceName,
      ipNetworks: raw.ipNetworks,
      ipNATs: raw.ipNATs,
      profiles: raw.profiles,
      ports: raw.ports
        .filter((entry) => entry.name !== '')
        .map((entry) => ({ name: entry.name, protocol: entry.protocol, port: entry.port })),
      ...(raw.serviceAccountName !== undefined && { serviceAccountName: raw.serviceAccountName }),
      allowSpoofedSourcePrefixes: raw.allowSpoofedSourcePrefixes,
    };
  });

export const workloadEndpointBody: z.ZodType<ResourceBody<CalicoWorkloadEndpoint>> = z.object({
  spec: structure(workloadEndpointSpec),
});

function addressOf(isIpv6: boolean) {
  return ipAddress.transform(
    suchThat((address) => address.includes(':') === isIpv6, `is not an IPv${isIpv6 ? 6 : 4} address`),
  );
}
