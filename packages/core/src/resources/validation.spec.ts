import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { load } from 'js-yaml';
import type { z } from 'zod';
import { readResource } from './parse';
import { bgpFilterOperation, bgpFilterRuleV4, bgpFilterRuleV6 } from './schema/bgp-filter';
import { calicoPort, calicoProtocol } from './schema/calico-fields';
import { blockAffinitySpec, calicoNodeSpec, calicoNodeStatus } from './schema/calico-inert';
import { calicoRule, entityRule, httpMatch, icmpFields } from './schema/calico-rule';
import { ipNat, workloadEndpointSpec, workloadPort } from './schema/calico-workload';
import { protoPort } from './schema/felix-configuration';
import { endpointPort } from './schema/host-endpoint';
import { autoHostEndpoint, hostEndpointTemplate, nodeController, periodicController } from './schema/kube-controllers';

/** Objects and parts of objects that Calico's API accepts or refuses. */
const SUITES = join(__dirname, '../../../conformance/suites/validation');

interface ValidationCase {
  readonly id: number;
  readonly valid: boolean;
  readonly test: string;
  readonly object?: { readonly apiVersion: string; readonly kind: string };
  readonly fragment?: string;
  readonly value?: unknown;
}

/** Parts that the peer's validator is given alone. */
const FRAGMENTS: Readonly<Record<string, z.ZodType>> = {
  Rule: calicoRule,
  EntityRule: entityRule,
  Protocol: calicoProtocol,
  Port: calicoPort,
  ICMPFields: icmpFields,
  HTTPMatch: httpMatch,
  ProtoPort: protoPort,
  EndpointPort: endpointPort,
  'internal WorkloadEndpointPort': workloadPort,
  'internal WorkloadEndpointSpec': workloadEndpointSpec,
  'internal IPNAT': ipNat,
  BGPFilterRuleV4: bgpFilterRuleV4,
  BGPFilterRuleV6: bgpFilterRuleV6,
  BGPFilterOperation: bgpFilterOperation,
  BlockAffinitySpec: blockAffinitySpec,
  NodeControllerConfig: nodeController,
  AutoHostEndpointConfig: autoHostEndpoint,
  Template: hostEndpointTemplate,
  PolicyControllerConfig: periodicController,
  WorkloadEndpointControllerConfig: periodicController,
  ServiceAccountControllerConfig: periodicController,
  NamespaceControllerConfig: periodicController,
  'internal NodeSpec': calicoNodeSpec,
  'internal NodeStatus': calicoNodeStatus,
};

const accepts = ({ object, fragment, value }: ValidationCase): boolean => {
  if (object !== undefined) return readResource(object).outcome === 'resource';
  const schema = FRAGMENTS[fragment ?? ''];
  if (schema === undefined) throw new Error(`no schema for the fragment ${fragment}`);
  return schema.safeParse(value).success;
};

describe('validation', () => {
  for (const file of ['validation.yaml', 'validation-config.yaml', 'validation-other.yaml']) {
    describe(`accepts and refuses what Calico does: ${file}`, () => {
      const { cases } = load(readFileSync(join(SUITES, file), 'utf8')) as {
        readonly cases: readonly ValidationCase[];
      };
      for (const entry of cases) {
        const subject = entry.object?.kind ?? entry.fragment ?? '';
        it(`${entry.id} ${subject}: ${entry.test.split(' / ').at(-1)}`, () => {
          expect(accepts(entry)).to.equal(entry.valid);
        });
      }
    });
  }
});
