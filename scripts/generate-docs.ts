// Writes the manual pages, the pages of docs/ that follow from tables in the code, and the snippets of the others: `npm run docs`.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MANUAL_FOLDER, renderManualPages } from './manual/manual-pages';
import { GENERATED_PAGES, pagesOfPeople, ROOT } from './pages';
import { fillSnippets } from './snippets';

const manual = renderManualPages();
rmSync(join(ROOT, MANUAL_FOLDER), { recursive: true, force: true });
mkdirSync(join(ROOT, MANUAL_FOLDER));
for (const [page, text] of Object.entries(manual)) writeFileSync(join(ROOT, page), text);
for (const [page, render] of Object.entries(GENERATED_PAGES)) writeFileSync(join(ROOT, page), render());
for (const page of pagesOfPeople()) {
  const path = join(ROOT, page);
  writeFileSync(path, fillSnippets(readFileSync(path, 'utf8')));
}
