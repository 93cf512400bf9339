// Writes the pages of docs/ that follow from tables in the code, and the snippets of the others: `npm run docs`.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED_PAGES, pagesOfPeople, ROOT } from './pages';
import { fillSnippets } from './snippets';

for (const [page, render] of Object.entries(GENERATED_PAGES)) writeFileSync(join(ROOT, page), render());
for (const page of pagesOfPeople()) {
  const path = join(ROOT, page);
  writeFileSync(path, fillSnippets(readFileSync(path, 'utf8')));
}
