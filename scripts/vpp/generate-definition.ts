/**
 * Writes the built-in definition of VPP's API, and the TypeScript types of its messages, from the `*.api.json` files of a VPP:
 * `npm run vpp:definition -- FOLDER VERSION`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUILT_IN_MESSAGES } from './built-in-messages';
import { renderMessageTypes } from './render-types';
import { selectMessages } from './select-messages';

const TARGET = join(__dirname, '../../packages/backend-vpp/src/api/built-in');

const [folder, version] = process.argv.slice(2);
if (folder === undefined || version === undefined) {
  process.stderr.write('usage: npm run vpp:definition -- FOLDER VERSION\n');
  process.exit(2);
}
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.api.json'))
  .sort()
  .map((name): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8')));
const selected = selectMessages(files, BUILT_IN_MESSAGES);
const head = `// Generated from the API files of VPP ${version} by \`npm run vpp:definition\`. Do not edit.\n`;
writeFileSync(
  join(TARGET, 'definition-data.ts'),
  `${head}\n/** The version of VPP that these messages were read from. */\nexport const BUILT_IN_VERSION = ${JSON.stringify(version)};\n\n/** One file in the form of VPP's \`*.api.json\`. */\nexport const DEFINITION_DATA: unknown = JSON.parse(\n  ${quote(JSON.stringify(selected))},\n);\n`,
);
writeFileSync(join(TARGET, 'messages.ts'), `${head}${renderMessageTypes(selected)}`);

/** As pieces of text that a line holds. */
function quote(text: string): string {
  const pieces = text.match(/.{1,160}/g) ?? [];
  return pieces.map((piece) => `'${piece.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`).join(' +\n    ');
}
