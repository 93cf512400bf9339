/** Misspelt words on the place of a policy, on whom it is for and on what it judges: they open nothing. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { FieldValidation } from '../resources/field-validation';
import { parseResource, readResource } from '../resources/parse';
import type { ParsedResource } from '../resources/parsed-resource';
import type { Resource } from '../resources/resource';
import { NodeSimulator } from '../simulator';
import { CLUSTER, countingOf, damaged, isRefused, manifest, PACKETS, stateOf } from '../testing/damaged-policies';
import { inNamespace } from '../testing/manifests';

const RUNS = Number(process.env.POLYPLANE_CLOSING_RUNS ?? 1500);

const optionally = (schema: Record<string, fc.Arbitrary<unknown>>, required: readonly string[] = []) =>
  fc.record(schema, { requiredKeys: [...required] });

/** A policy of Calico's with every word on its place and its people, so that a packet meets each. */
const placedSpec = {
  tier: fc.constantFrom('default', 'early'),
  order: fc.constantFrom(1, 9),
  selector: fc.constantFrom('all()', "app == 'web'"),
  serviceAccountSelector: fc.constantFrom("team == 'a'", "team == 'b'"),
  types: fc.constantFrom(['Ingress'], ['Egress'], ['Ingress', 'Egress']),
  ingress: fc.constantFrom([{ action: 'Allow' }], [{ action: 'Deny' }]),
  egress: fc.constantFrom([{ action: 'Allow' }], [{ action: 'Deny' }]),
};
const PLACED_REQUIRED = ['ingress', 'egress', 'selector'];
const placedPolicy = fc.oneof(
  fc
    .tuple(fc.constantFrom('red', 'blue'), optionally(placedSpec, PLACED_REQUIRED))
    .map(([of, spec]) => inNamespace(of, manifest('projectcalico.org/v3', 'NetworkPolicy', spec))),
  optionally({ ...placedSpec, namespaceSelector: fc.constantFrom("stage == 'prod'", "stage == 'test'") }, [
    ...PLACED_REQUIRED,
  ]).map((spec) => manifest('projectcalico.org/v3', 'GlobalNetworkPolicy', spec)),
  fc
    .record({
      action: fc.constantFrom('Allow', 'Deny'),
      order: fc.constantFrom(1, 9),
      stage: fc.constantFrom<object>({}, { doNotTrack: true }, { preDNAT: true }),
    })
    .map(({ action, order, stage }) =>
      manifest('projectcalico.org/v3', 'GlobalNetworkPolicy', {
        selector: 'has(host)',
        order,
        types: ['Ingress'],
        ingress: [{ action }],
        applyOnForward: true,
        ...stage,
      }),
    ),
);
const PLACING = [
  'tier',
  'order',
  'selector',
  'serviceAccountSelector',
  'namespaceSelector',
  'applyOnForward',
  'preDNAT',
  'doNotTrack',
];

/** Undefined where the damaged object counts for nothing, and is known to. */
function stateAfter(parsed: ParsedResource, sound: readonly Resource[]): NodeSimulator | undefined {
  const counting = countingOf(parsed);
  if (counting === undefined) expect(isRefused(parsed)).to.equal(true);
  return counting === undefined ? undefined : new NodeSimulator(stateOf([...sound, counting]));
}

describe('a misspelt word on the place of a policy, its people or what it judges', () => {
  it('lets no packet through that the whole policy denies, or the policy counts for nothing', function () {
    this.timeout(600_000);
    const sound = CLUSTER.map((object) => parseResource(object));
    let misspelt = 0;
    fc.assert(
      fc.property(
        placedPolicy,
        placedPolicy,
        fc.nat(),
        fc.constantFrom('more', 'less', 'swapped', 'capital' as const),
        fc.constantFrom<FieldValidation>('strict', 'warn'),
        (object, { metadata, ...other }, at, typo, validation) => {
          // Every object above has one.
          const fields = PLACING.filter((field) => field in (object.spec as object));
          const path = ['spec', fields[at % fields.length] ?? ''];
          const parsed = readResource(
            damaged(object, path, { at, how: 'misspell', typo, scrap: undefined }),
            validation,
          );
          const rest = [...sound, parseResource({ ...other, metadata: { ...metadata, name: 'other' } })];
          misspelt++;
          const after = stateAfter(parsed, rest);
          if (after === undefined) return;
          const before = new NodeSimulator(stateOf([...rest, parseResource(object)]));
          for (const packet of PACKETS) {
            if (before.judge(packet).verdict === 'allow') continue;
            expect(after.judge(packet).verdict, `${path.join('.')}: ${JSON.stringify(packet)}`).to.not.equal('allow');
          }
        },
      ),
      { numRuns: RUNS },
    );
    expect(misspelt).to.be.above(RUNS / 2);
  });
});
