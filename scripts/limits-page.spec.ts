import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { renderLimitsPage } from './limits-page';

describe('docs/limits.md', () => {
  it('says what the tables say (npm run docs writes it anew)', () => {
    expect(readFileSync(join(__dirname, '..', 'docs', 'limits.md'), 'utf8')).to.equal(renderLimitsPage());
  });
});
