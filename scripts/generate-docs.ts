// Writes the pages of docs/ that follow from tables in the code: `npm run docs`.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderLimitsPage } from './limits-page';

const DOCS = join(__dirname, '..', 'docs');

mkdirSync(DOCS, { recursive: true });
writeFileSync(join(DOCS, 'limits.md'), renderLimitsPage());
