/** The schema of Calico's HostEndpoint. */
import { z } from 'zod';
import type { InterfaceName } from '../../state';
import type { CalicoHostEndpoint } from '../kinds/calico';
import { calicoName, calicoProtocol, takesPorts } from './calico-fields';
import { ipAddress, list, optionalText, parsed, port, refuse, structure, suchThat, textOf } from './fields';
import type { ResourceBody } from './kind-schema';
import { isInterfaceName, isPortName } from './names';

const interfaceName = parsed(
  textOf((value) => value === '*' || isInterfaceName(value), 'an interface name or *'),
  // The syntax has just been checked.
  (value) => value as InterfaceName | '*',
);

/** A named port of an endpoint. */
export const endpointPort = z.object({
  name: textOf(isPortName, 'a port name (at most 15 of a-z, 0-9 and -, with a letter)'),
  protocol: calicoProtocol.transform(suchThat(takesPorts, 'only TCP, UDP and SCTP have ports')),
  port,
});

const spec = z
  .object({
    node: optionalText.pipe(calicoName.optional()),
    interfaceName: optionalText.pipe(interfaceName.optional()),
    expectedIPs: list(ipAddress),
    profiles: list(calicoName),
    ports: list(endpointPort),
  })
  .transform((raw, context): CalicoHostEndpoint['spec'] => {
    if (raw.node === undefined) refuse(context, ['node'], 'a host endpoint needs its node');
    if (raw.interfaceName === undefined && raw.expectedIPs.length === 0) {
      refuse(context, [], 'a host endpoint needs interfaceName or expectedIPs');
    }
    return {
      node: raw.node ?? '',
      ...(raw.interfaceName !== undefined && { interfaceName: raw.interfaceName }),
      expectedIPs: raw.expectedIPs,
      profiles: raw.profiles,
      ports: raw.ports,
    };
  });

export const hostEndpointBody: z.ZodType<ResourceBody<CalicoHostEndpoint>> = z.object({ spec: structure(spec) });
