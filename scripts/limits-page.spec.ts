import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { EBPF_LIMITS } from '@polyplane/backend-ebpf';
import { VPP_LIMITS } from '@polyplane/backend-vpp';
import { renderLimitsPage } from './limits-page';

describe('docs/limits.md', () => {
  it('says what the tables say (npm run docs writes it anew)', () => {
    expect(readFileSync(join(__dirname, '..', 'docs', 'limits.md'), 'utf8')).to.equal(renderLimitsPage());
  });

  it('cites public pages by title and version', () => {
    const sources = [...EBPF_LIMITS, ...VPP_LIMITS].map(({ source }) => source);
    expect(sources).to.have.length.above(10);
    expect(sources.filter((source) => !/^Calico \d+\.\d+, [A-Z][^/]+$/.test(source))).to.deep.equal([]);
  });
});
