/** The version of this command, as its package says it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8'));
  // Our own file, whose form the packages' check holds.
  return (manifest as { readonly version: string }).version;
}
