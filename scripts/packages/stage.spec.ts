import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { publishedPages } from './stage';

/** Where links of a page lead that name no other site. */
function linksOf(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link).filter(
    (link) => !/^[a-z]+:/.test(link),
  );
}

describe('the pages that are published', () => {
  it('lead only to one another', () => {
    const pages = publishedPages();
    expect(pages.size).to.be.above(8);
    const lost = [...pages].flatMap(([page, text]) =>
      linksOf(text)
        .filter((link) => !link.startsWith('#') && !pages.has(link.split('#')[0] ?? ''))
        .map((link) => `${page}: ${link}`),
    );
    expect(lost).to.deep.equal([]);
  });

  it('and each package’s README leads to no file: it is published without a folder around it', () => {
    const packages = join(__dirname, '..', '..', 'packages');
    const links = readdirSync(packages).flatMap((name) =>
      linksOf(readFileSync(join(packages, name, 'README.md'), 'utf8')),
    );
    expect(links).to.deep.equal([]);
  });
});
