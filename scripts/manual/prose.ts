/** Prose as it is written in this repository, as text of a manual page. */
import type { Block, Span, Text } from './roff';

/** What stands in `backticks` is to be typed as it stands, and name(1) is the name of a manual page; the backticks go. */
export function prose(text: string): Text {
  return text.split('`').flatMap((part, index) => (index % 2 === 1 ? [{ literal: part }] : withReferences(part)));
}

/** One paragraph a text. */
export function paragraphs(texts: readonly string[]): readonly Block[] {
  return texts.map((text) => ({ kind: 'paragraph', text: prose(text) }));
}

/** What each of these words means, which are to be typed as they stand. */
export function definitions(meanings: Readonly<Record<string, string>>): readonly Block[] {
  return Object.entries(meanings).map(([literal, meaning]) => ({
    kind: 'definition',
    term: [{ literal }],
    text: prose(meaning),
  }));
}

/** The section of a reference stays plain, as is customary. */
function withReferences(text: string): readonly Span[] {
  return text
    .split(/([\w-]+)(?=\([1-9]\))/)
    .map((part, index) => (index % 2 === 1 ? { literal: part } : part))
    .filter((span) => span !== '');
}
