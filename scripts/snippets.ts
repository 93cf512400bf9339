/**
 * Snippets of the pages, kept true: a comment before a fenced block says where its text comes from, and the text is
 * filled in from there. `<!-- file: PATH -->` is a file, `<!-- file: PATH#NAME -->` the lines between `#region NAME` and
 * `#endregion`; `<!-- run: ARGUMENTS -->` is what `polyplane ARGUMENTS` prints, and `<!-- run: ARGUMENTS | FIRST-LAST -->` those of its lines.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const SNIPPET = /<!-- (file|run): (.+?) -->\n\n?```(\w+)\n[\s\S]*?\n?```/g;

/** The page with every snippet as it is now. */
export function fillSnippets(page: string): string {
  return page.replace(SNIPPET, (_text, source: string, what: string, language: string) => {
    const text = source === 'file' ? readSnippet(what) : runSnippet(what);
    return `<!-- ${source}: ${what} -->\n\n\`\`\`${language}\n${text}\n\`\`\``;
  });
}

/** Fenced blocks of `languages` that have no source. */
export function sourcelessSnippets(page: string, languages: readonly string[]): readonly string[] {
  const blocks = page.replace(SNIPPET, '').matchAll(/^```(\w+)\n([\s\S]*?)\n```/gm);
  return [...blocks].flatMap(([, language = '', text = '']) => (languages.includes(language) ? [text] : []));
}

/** What `polyplane` prints, with its exit code. */
export function runPolyplane(args: readonly string[]): { readonly stdout: string; readonly exitCode: number | null } {
  const command = ['--conditions=@polyplane/source', '-r', './scripts/register.cjs', 'packages/cli/src/main.ts'];
  const { FORCE_COLOR: _, ...environment } = process.env;
  const { stdout, status } = spawnSync(process.execPath, [...command, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...environment, NO_COLOR: '1' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { stdout, exitCode: status };
}

function readSnippet(what: string): string {
  const [path = '', region] = what.split('#');
  const text = readFileSync(join(ROOT, path), 'utf8').trimEnd();
  if (region === undefined) return text;
  const inRegion = new RegExp(`#region ${region}\\n([\\s\\S]*?)\\n[^\\n]*#endregion`).exec(text)?.[1];
  if (inRegion === undefined) throw new RangeError(`${path} has no region ${region}`);
  return inRegion;
}

function runSnippet(what: string): string {
  const [command = '', range] = what.split(' | ');
  const { stdout } = runPolyplane(command.split(' '));
  const [first = 1, last] = (range ?? '').split('-').filter(Boolean).map(Number);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .slice(first - 1, last);
  return `$ polyplane ${command}\n${lines.map((line) => line.trimEnd()).join('\n')}`;
}
