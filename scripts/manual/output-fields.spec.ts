import { expect } from 'chai';
import { polyplaneInProcess } from '../../packages/cli/src/testing/polyplane-in-process';
import type { ObjectMeanings } from './field-definitions';
import { CHECK_FIELDS, CODE_FIELDS, TEST_FIELDS, TRACE_FIELDS } from './output-fields';

/** Command lines that print a lot, and what the manual says of it. */
const PRINTED: readonly (readonly [command: string, fields: ObjectMeanings])[] = [
  ['check -f examples/limits -f examples/shop --from iptables --to vpp', CHECK_FIELDS],
  ['trace -f examples/shop --node node-1 --from pod:shop-web/frontend-1 --to 10.96.2.12:443', TRACE_FIELDS],
  ['trace -f examples/shop --node node-1 --from 203.0.113.7 --to 172.30.0.11:30443', TRACE_FIELDS],
  ['test examples/smallest.suite.yaml', TEST_FIELDS],
  ['codes PP_OBJECT_INVALID', CODE_FIELDS],
];

describe('what the manual says of the output', function () {
  this.timeout(60_000);

  for (const [command, fields] of PRINTED) {
    it(`leaves out nothing that is printed by: ${command}`, async () => {
      const { stdout } = await polyplaneInProcess([...command.split(' '), '-o', 'json']);
      const printed: unknown = JSON.parse(stdout);
      expect(printed).to.be.an('object').and.not.empty;
      expect(unexplained(printed, fields, '')).to.deep.equal([]);
    });
  }

  it('would be found out otherwise', () => {
    const fields = { a: 'x', b: { list: 'y', fields: { c: 'z' } } };
    expect(unexplained({ a: [1], b: [{ c: 1 }, { c: null, d: 2 }], e: 3 }, fields, '')).to.deep.equal(['b.d', 'e']);
  });
});

/** Paths of fields that `meanings` does not have. */
function unexplained(printed: unknown, meanings: ObjectMeanings, parent: string): readonly string[] {
  if (Array.isArray(printed)) return printed.flatMap((element) => unexplained(element, meanings, parent));
  if (typeof printed !== 'object' || printed === null) return [];
  return Object.entries(printed).flatMap(([field, value]) => {
    const meaning = meanings[field];
    if (meaning === undefined) return [`${parent}${field}`];
    return typeof meaning === 'string' ? [] : unexplained(value, meaning.fields, `${parent}${field}.`);
  });
}
