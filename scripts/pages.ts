/** The pages that users read: those that follow from tables in the code, and those that people write. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { renderCodesPage } from './codes-page';
import { renderLimitsPage } from './limits-page';
import { renderPerformancePage } from './performance-page';

/** The folder that all paths here are relative to. */
export const ROOT = join(__dirname, '..');

/** Path of a page -> its whole text. */
export const GENERATED_PAGES: Readonly<Record<string, () => string>> = {
  'docs/codes.md': renderCodesPage,
  'docs/limits.md': renderLimitsPage,
  'docs/performance.md': renderPerformancePage,
};

/** Paths of the pages that people write. */
export function pagesOfPeople(): readonly string[] {
  const pages = readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return ['README.md', 'CHANGELOG.md', ...pages.filter((page) => !Object.hasOwn(GENERATED_PAGES, page))];
}
