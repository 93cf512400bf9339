/** What manifest files said when they were last good, as the entries of a record. */
import { z } from 'zod';
import type { ResourceKey } from '../resources/resource';
import type { RecordEntries } from './last-good-record';
import type { GoodContent } from './manifest-set';

/** Of each file its last good text, and the earlier texts in which objects stood well that do not in it. */
const entry = z.object({
  text: z.string(),
  former: z.array(z.object({ text: z.string(), keys: z.array(z.string()) })),
});

/** By path. */
export function formatManifestRecord(contents: ReadonlyMap<string, GoodContent>): RecordEntries {
  return new Map(
    [...contents].map(([path, { goodText, formerTexts }]) => {
      const keysByText = new Map<string, ResourceKey[]>();
      for (const [key, text] of formerTexts) keysByText.set(text, [...(keysByText.get(text) ?? []), key]);
      const former = [...keysByText].map(([text, keys]) => ({ text, keys }));
      return [path, JSON.stringify({ text: goodText, former } satisfies z.input<typeof entry>)];
    }),
  );
}

/** @throws SyntaxError, ZodError for entries that {@link formatManifestRecord} has not made */
export function parseManifestRecord(entries: RecordEntries): ReadonlyMap<string, GoodContent> {
  return new Map(
    [...entries].map(([path, json]) => {
      const { text, former } = entry.parse(JSON.parse(json));
      // What is no key finds no object.
      const formerTexts = former.flatMap(({ text: older, keys }) =>
        keys.map((key) => [key as ResourceKey, older] as const),
      );
      return [path, { goodText: text, formerTexts: new Map(formerTexts) }];
    }),
  );
}
