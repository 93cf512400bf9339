import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { skipIf } from '@polyplane/conformance';
import { EXIT_CODE_MEANINGS } from '../../packages/cli/src/exit-code';
import { createProgram } from '../../packages/cli/src/program';
import { MANUAL_FOLDER, MANUAL_REVISED, renderManualPages } from './manual-pages';
import { formatText } from './roff';

const ROOT = join(__dirname, '..', '..');
const PAGES = renderManualPages();

const CUSTOMARY_ORDER = `NAME SYNOPSIS DESCRIPTION COMMANDS ARGUMENTS OPTIONS FIELDS OUTPUT
EXIT_STATUS ENVIRONMENT FILES EXAMPLES SEE_ALSO`.split(/\s/);

/** What says nothing about a page in which it finds nothing wrong. */
const LINTERS = { mandoc: ['-T', 'lint', '-W', 'warning'], groff: ['-man', '-ww', '-z'] } as const;

describe('the manual pages', () => {
  it('say what the command says of itself (npm run docs writes them anew)', () => {
    const written = readdirSync(join(ROOT, MANUAL_FOLDER)).map((name) => `${MANUAL_FOLDER}/${name}`);
    expect(written).to.have.members(Object.keys(PAGES));
    for (const [page, text] of Object.entries(PAGES)) expect(textOf(page), page).to.equal(text);
  });

  it('are there for every command, with every option and exit code', () => {
    const program = createProgram();
    for (const command of program.commands) {
      const page = PAGES[`${MANUAL_FOLDER}/polyplane-${command.name()}.1`] ?? '';
      for (const { long } of command.options) expect(page).to.include(`${formatText([{ literal: long ?? '' }])}`);
      expect(PAGES[`${MANUAL_FOLDER}/polyplane.1`]).to.include(
        `${formatText([{ literal: `polyplane-${command.name()}` }])}(1)`,
      );
    }
    for (const code of Object.keys(EXIT_CODE_MEANINGS)) {
      expect(PAGES[`${MANUAL_FOLDER}/polyplane.1`]).to.include(`.TP\n\\fB${code}\\fR\n`);
    }
  });

  it('have their sections in the customary order', () => {
    for (const [page, text] of Object.entries(PAGES)) {
      const titles = [...text.matchAll(/^\.SH "?([A-Z ]+)/gm)].map(([, title = '']) => title.replace(' ', '_'));
      expect(titles, page).to.deep.equal(CUSTOMARY_ORDER.filter((title) => titles.includes(title)));
    }
  });

  it('refer to no page of ours that is not there', () => {
    for (const [page, text] of Object.entries(PAGES)) {
      const names = [...text.matchAll(/\\fB(polyplane[\w\\-]*)\\fR\((\d)\)/g)].map(
        ([, name = '', section = '']) => `${MANUAL_FOLDER}/${name.replaceAll('\\', '')}.${section}`,
      );
      expect(names, page).to.not.be.empty;
      expect(Object.keys(PAGES), page).to.include.members(names);
    }
  });

  it('are in the package one by one, as npm installs them from no folder', () => {
    const manifest: unknown = JSON.parse(textOf('packages/cli/package.json'));
    expect(manifest)
      .to.have.property('man')
      .with.members(Object.keys(PAGES).map((page) => page.replace('packages/cli', '.')));
    expect(manifest).to.have.property('files').that.includes('man');
  });

  it('are dated no earlier than the last release', () => {
    const releases = [...textOf('CHANGELOG.md').matchAll(/^## \[[\d.]+\] - (\S+)$/gm)].map(([, date = '']) => date);
    expect(releases.filter((date) => date > MANUAL_REVISED)).to.deep.equal([]);
  });

  for (const [linter, options] of Object.entries(LINTERS)) {
    it(`are such that ${linter} finds nothing wrong`, function () {
      skipIf(this, spawnSync(linter, ['-v']).error === undefined ? undefined : `no ${linter} on this machine`);
      for (const [page, input] of Object.entries(PAGES)) {
        const { stdout, stderr } = spawnSync(linter, options, { input, encoding: 'utf8' });
        expect({ stdout, stderr }, page).to.deep.equal({ stdout: '', stderr: '' });
      }
    });
  }
});

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
