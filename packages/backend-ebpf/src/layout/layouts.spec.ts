import { expect } from 'chai';
import { structLayoutOf } from '../btf/struct-layout';
import { dataplaneObject } from '../object/dataplane-object';
import type { Struct } from './field';
import * as layouts from './layouts';

function isStruct(value: unknown): value is Struct<unknown> {
  return typeof value === 'object' && value !== null && 'struct' in value;
}

describe('the layouts of keys and values', () => {
  const structs = Object.values<unknown>({ ...layouts }).filter(isStruct);

  it('are there for what user space reads and writes', () => {
    expect(structs).to.have.length.greaterThan(15);
  });

  for (const { name, struct } of structs) {
    it(`are those of the programs: ${name}`, () => {
      expect(struct).to.deep.equal(structLayoutOf(dataplaneObject().btf, name));
    });
  }

  it('are as large as what the maps hold', () => {
    const sizes = new Map(dataplaneObject().maps.map((map) => [map.name, [map.keySize, map.valueSize]]));
    expect(sizes.get('pp_conntrack')).to.deep.equal([layouts.CONNTRACK_KEY.size, layouts.CONNTRACK.size]);
    expect(sizes.get('pp_frontends')).to.deep.equal([layouts.FRONTEND_KEY.size, layouts.FRONTEND.size]);
    expect(sizes.get('pp_backends')).to.deep.equal([layouts.BACKEND_KEY.size, layouts.BACKEND.size]);
    expect(sizes.get('pp_routes')).to.deep.equal([layouts.ROUTE_KEY.size, layouts.ROUTE.size]);
    expect(sizes.get('pp_ip_sets')?.[0]).to.equal(layouts.IP_SET_KEY.size);
    expect(sizes.get('pp_config')?.[1]).to.equal(layouts.CONFIG.size);
  });
});
