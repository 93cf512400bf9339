/** The sections that close the manual page of every command. */
import type { ExitCode } from '../../packages/cli/src/exit-code';
import { FILES, type HeededFile, VARIABLES, type Variable } from './environment';
import { definitions, paragraphs } from './prose';
import type { PageSection } from './roff';

export interface CustomarySections {
  readonly exit: Readonly<Partial<Record<ExitCode, string>>>;
  readonly environment: readonly Variable[];
  readonly files: readonly HeededFile[];
  /** Command lines. */
  readonly examples: readonly string[];
  /** `NAME(SECTION)`. */
  readonly seeAlso: readonly string[];
}

/** In the customary order. */
export function customarySections(own: CustomarySections): readonly PageSection[] {
  return [
    { title: 'EXIT STATUS', blocks: definitions(own.exit) },
    { title: 'ENVIRONMENT', blocks: definitions(pick(VARIABLES, own.environment)) },
    { title: 'FILES', blocks: definitions(pick(FILES, own.files)) },
    { title: 'EXAMPLES', blocks: [...paragraphs(placeOf(own.examples)), { kind: 'lines', lines: own.examples }] },
    { title: 'SEE ALSO', blocks: paragraphs([own.seeAlso.join(', ')]) },
  ];
}

/** In the order of the table. */
function pick<Key extends string>(
  meanings: Readonly<Record<Key, string>>,
  keys: readonly Key[],
): Readonly<Record<string, string>> {
  const wanted: ReadonlySet<string> = new Set(keys);
  return Object.fromEntries(Object.entries<string>(meanings).filter(([key]) => wanted.has(key)));
}

/** Some name files that are not installed. */
function placeOf(examples: readonly string[]): readonly string[] {
  return examples.some((example) => example.includes('examples/')) ? ['In a checkout of Polyplane:'] : [];
}
