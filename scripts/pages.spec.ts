import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { loadBackends } from '../packages/cli/src/load-backends';
import { readNodeAgentConfiguration } from '../packages/cli/src/node-agent-configuration';
import { createProgram } from '../packages/cli/src/program';
import { GENERATED_PAGES, pagesOfPeople, ROOT } from './pages';
import { fillSnippets, runPolyplane, sourcelessSnippets } from './snippets';

/** What is shown in these is a promise that it works. */
const RUNNABLE = ['ts', 'yaml', 'console'];

describe('the pages', function () {
  // Snippets are the output of the command, which transpiles itself at each start.
  this.timeout(180_000);

  for (const [page, render] of Object.entries(GENERATED_PAGES)) {
    it(`${page} says what the tables say (npm run docs writes it anew)`, () => {
      expect(textOf(page)).to.equal(render());
    });
  }

  for (const page of pagesOfPeople()) {
    it(`${page} shows files and output as they are (npm run docs fills them in anew)`, () => {
      expect(textOf(page)).to.equal(fillSnippets(textOf(page)));
      expect(sourcelessSnippets(textOf(page), RUNNABLE)).to.deep.equal([]);
    });
  }

  for (const page of [...pagesOfPeople(), ...Object.keys(GENERATED_PAGES)]) {
    it(`${page} leads nowhere that is not there`, () => {
      expect(linksOf(textOf(page)).filter((link) => !isThere(page, link))).to.deep.equal([]);
    });
  }

  it('every page is linked from README.md and docs/README.md', () => {
    const pages = [...pagesOfPeople(), ...Object.keys(GENERATED_PAGES)].filter((page) => page.startsWith('docs/'));
    const others = pages.filter((page) => page !== 'docs/README.md');
    expect(others.filter((page) => !textOf('README.md').includes(`](${page})`))).to.deep.equal([]);
    expect(others.filter((page) => !textOf('docs/README.md').includes(`](${page.slice(5)})`))).to.deep.equal([]);
  });

  it('docs/command.md has the help of every command', () => {
    const names = createProgram().commands.map((command) => command.name());
    const page = textOf('docs/command.md');
    expect(names.filter((name) => !page.includes(`<!-- run: ${name} --help -->`))).to.deep.equal([]);
  });

  it('the configuration that docs/node-agent.md shows is one', () => {
    expect(readNodeAgentConfiguration(join(ROOT, 'examples', 'node-agent.yaml'), loadBackends([])).backend).to.equal(
      'iptables',
    );
  });

  const commands = textOf('README.md').matchAll(/^npm run polyplane -- ([^#\n]+)/gm);
  for (const [, command = ''] of commands) {
    const args = command.trim().split(/\s+/);
    if (args[0] === 'test' && args.includes('--backend')) continue;
    it(`README.md: polyplane ${args.join(' ')} works`, () => {
      const isRoot = process.getuid?.() === 0;
      // What needs root says so; nothing of this host is changed, and nothing is left in this folder.
      const codes = args[0] === 'diff' || args[0] === 'cleanup' ? (isRoot ? [0, 1] : [3]) : [0, 1];
      if (args[0] === 'cleanup') expect(args).to.include('--dry-run');
      const elsewhere = args[0] === 'bundle' ? ['--out', '-'] : [];
      expect(runPolyplane([...args, ...elsewhere]).exitCode).to.be.oneOf(codes);
    });
  }
});

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

/** Relative links, without those in code. */
function linksOf(text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => (/^[a-z]+:/.test(link) ? [] : [link]));
}

function isThere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(textOf(target)).includes(anchor);
}

/** Anchors as GitHub makes them of headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
