/** The record of what a source last read, as text: a line that says what follows, then the entries as JSON. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RecordEntries } from './last-good-record';

const FORMAT = 'polyplane.io/last-good';
const VERSION = 1;

const head = z.object({ format: z.literal(FORMAT), version: z.number(), sha256: z.string() });
const body = z.array(z.tuple([z.string(), z.string()]));

/** The record of these entries; equal entries in the same order give the same text. */
export function formatRecord(entries: RecordEntries): string {
  const text = JSON.stringify([...entries]);
  return `${JSON.stringify({ format: FORMAT, version: VERSION, sha256: digestOf(text) })}\n${text}\n`;
}

/** @throws Error that says what is wrong: no record, one of another version, or one that is not as it was written */
export function parseRecord(record: string): RecordEntries {
  const end = record.indexOf('\n');
  const told = head.safeParse(parseJson(record.slice(0, Math.max(end, 0))));
  if (!told.success) throw new Error('it is no record');
  if (told.data.version !== VERSION) throw new Error(`it is of version ${told.data.version}, not ${VERSION}`);
  const text = record.slice(end + 1, -1);
  if (!record.endsWith('\n') || digestOf(text) !== told.data.sha256) throw new Error('it is not as it was written');
  return new Map(body.parse(JSON.parse(text)));
}

/** SHA-256, in hexadecimal digits. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
