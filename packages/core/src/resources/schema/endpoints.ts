/** The schema of Endpoints (v1). */
import { z } from 'zod';
import type { Endpoints, EndpointsAddress } from '../kinds/kubernetes';
import {
  checked,
  list,
  optionalText,
  port,
  readAt,
  refuseDuplicates,
  serviceProtocol,
  storedIpAddress,
  text,
} from './fields';
import type { ResourceBody } from './kind-schema';
import { labelName, subdomainName } from './metadata';

const address = z
  .object({ ip: storedIpAddress, nodeName: optionalText.pipe(subdomainName.optional()) })
  .transform(({ ip, nodeName }): EndpointsAddress => (nodeName === undefined ? { ip } : { ip, nodeName }));

const subset = z
  .object({
    addresses: list(address),
    notReadyAddresses: list(address),
    ports: list(z.object({ name: text, protocol: serviceProtocol, port })),
  })
  .transform(
    checked(({ ports }, context) => {
      ports.forEach(({ name }, index) => {
        if (name !== '' || ports.length > 1) readAt(labelName, name, context, ['ports', index, 'name']);
      });
      refuseDuplicates(
        context,
        ports.map(({ name }) => name),
        (index) => ['ports', index, 'name'],
      );
    }),
  );

export const endpointsBody: z.ZodType<ResourceBody<Endpoints>> = z.object({ subsets: list(subset) });
