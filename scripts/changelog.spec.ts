// The summary of changes that people read, beside what changesets knows.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const ROOT = join(__dirname, '..');

describe('CHANGELOG.md', () => {
  const summary = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');

  it('says something under Unreleased while a changeset waits for its release', () => {
    const waiting = readdirSync(join(ROOT, '.changeset')).filter(
      (file) => file.endsWith('.md') && file !== 'README.md',
    );
    const unreleased = summary.split(/^## /m).find((section) => section.startsWith('[Unreleased]')) ?? '';
    if (waiting.length > 0) expect(unreleased, waiting.join(', ')).to.match(/^- /m);
  });

  it('names every version that the packages’ own change logs name', () => {
    const unnamed = packageVersions().filter((version) => !summary.includes(`\n## [${version}] - `));
    expect(unnamed).to.deep.equal([]);
  });
});

function packageVersions(): readonly string[] {
  const logs = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name, 'CHANGELOG.md'));
  const texts = logs.filter((log) => existsSync(log)).map((log) => readFileSync(log, 'utf8'));
  return [
    ...new Set(
      texts.flatMap((text) => [...text.matchAll(/^## (\d+\.\d+\.\d+\S*)/gm)].map(([, version = '']) => version)),
    ),
  ];
}
