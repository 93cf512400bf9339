/** The fields of an object that a command prints, as definitions: each by its path. */
import { definitions } from './prose';
import type { Block } from './roff';

/** What the fields of any object mean. */
export interface ObjectMeanings {
  readonly [field: string]: string | NestedMeanings;
}

type NestedMeanings =
  | { readonly object: string; readonly fields: ObjectMeanings }
  | { readonly list: string; readonly fields: ObjectMeanings };

/** Objects of one kind are described where they come first. */
export function fieldDefinitions(meanings: ObjectMeanings): readonly Block[] {
  const described = new Map<ObjectMeanings, string>();
  const define = (fields: ObjectMeanings, parent: string): readonly Block[] =>
    Object.entries(fields).flatMap(([field, meaning]) => {
      const path = `${parent}${field}`;
      if (typeof meaning === 'string') return definitions({ [path]: meaning });
      const own = 'list' in meaning ? meaning.list : meaning.object;
      const first = described.get(meaning.fields);
      if (first !== undefined) return definitions({ [path]: `${own}; its fields are those of \`${first}\`` });
      described.set(meaning.fields, path);
      return [
        ...definitions({ [path]: own }),
        ...define(meaning.fields, 'list' in meaning ? `${path}[].` : `${path}.`),
      ];
    });
  return define(meanings, '');
}
