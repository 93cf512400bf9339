import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { z } from 'zod';
import { readResource } from './parse';
import { calicoPort, calicoProtocol } from './schema/calico-fields';
import { calicoRule, entityRule, httpMatch, icmpFields } from './schema/calico-rule';
import { ipNat, workloadEndpointSpec, workloadPort } from './schema/calico-workload';
import { protoPort } from './schema/felix-configuration';
import { endpointPort } from './schema/host-endpoint';

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
};

/** What is not read, because no dataplane here acts on it. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  BGPFilter: 'filters of routes are the BGP speaker’s business',
  BGPFilterRuleV4: 'a part of BGPFilter',
  BGPFilterRuleV6: 'a part of BGPFilter',
  BGPFilterPrefixLengthV4: 'a part of BGPFilter',
  BGPFilterPrefixLengthV6: 'a part of BGPFilter',
  BGPFilterOperation: 'a part of BGPFilter',
  BGPFilterCommunityMatch: 'a part of BGPFilter',
  IPReservation: 'addresses are given by IPAM',
  IPAMConfigurationSpec: 'addresses are given by IPAM',
  IPAMConfiguration: 'addresses are given by IPAM',
  BlockAffinity: 'addresses are given by IPAM',
  BlockAffinitySpec: 'addresses are given by IPAM',
  KubeControllersConfiguration: 'settings of Calico’s controllers, which make objects but no dataplane',
  NodeControllerConfig: 'a part of KubeControllersConfiguration',
  AutoHostEndpointConfig: 'a part of KubeControllersConfiguration',
  Template: 'a part of KubeControllersConfiguration',
  'internal NodeSpec': 'Calico’s own node object; nodes are read from Kubernetes',
  'internal NodeStatus': 'Calico’s own node object; nodes are read from Kubernetes',
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
      const { cases } = parse(readFileSync(join(SUITES, file), 'utf8')) as {
        readonly cases: readonly ValidationCase[];
      };
      for (const entry of cases) {
        const subject = entry.object?.kind ?? entry.fragment ?? '';
        if (Object.hasOwn(LEFT_OUT, subject)) continue;
        it(`${entry.id} ${subject}: ${entry.test.split(' / ').at(-1)}`, () => {
          expect(accepts(entry)).to.equal(entry.valid);
        });
      }
    });
  }
});
