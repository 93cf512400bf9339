/** polyplane-node-agent-configuration(5): the fields of the file that `polyplane run` is given, as its schema describes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeAgentConfigurationSchema } from '../../packages/cli/src/node-agent-configuration';
import { paragraphs, prose } from './prose';
import type { Block, ManualPage } from './roff';

export const CONFIGURATION_PAGE_NAME = 'polyplane-node-agent-configuration';

export function configurationPage(): ManualPage {
  const example = readFileSync(join(__dirname, '..', '..', 'examples', 'node-agent.yaml'), 'utf8');
  return {
    name: CONFIGURATION_PAGE_NAME,
    section: 5,
    summary: 'what a node agent of Polyplane is to do',
    sections: [
      { title: 'DESCRIPTION', blocks: paragraphs(DESCRIPTION) },
      { title: 'FIELDS', blocks: fieldsOf(z.toJSONSchema(nodeAgentConfigurationSchema, { io: 'input' }), '') },
      { title: 'EXAMPLES', blocks: [{ kind: 'lines', lines: example.trimEnd().split('\n') }] },
      { title: 'SEE ALSO', blocks: paragraphs(['polyplane-run(1), polyplane-check(1)']) },
    ],
  };
}

const DESCRIPTION = [
  'A YAML file that polyplane-run(1) is given by `--config`. Everything that is wrong with it is listed with line and field, and the exit code is 2; a field that there is none of is wrong, too.',
  'In `onUnsupported`, features are named as in the findings of polyplane-check(1). Under `ignore` an object or a rule counts as if it were not there, so an ignored deny policy fails open; under `deny` what it would have judged is denied; under `refuse` the agent ends before its first write.',
];

type Schema = z.core.JSONSchema.JSONSchema;

function fieldsOf({ properties = {}, required = [] }: Schema, parent: string): readonly Block[] {
  return Object.entries(properties).flatMap(([field, schema]) => {
    const path = `${parent}${field}`;
    // JSON Schema also knows `true` and `false`, of which nothing could be told.
    if (typeof schema === 'boolean') return [];
    return [
      definition(path, schema, required.includes(field)),
      ...fieldsOf(schema, `${path}.`),
      ...entriesOf(schema, path),
    ];
  });
}

/** What stands under names that the user chooses. */
function entriesOf({ additionalProperties }: Schema, parent: string): readonly Block[] {
  return typeof additionalProperties === 'object' ? fieldsOf(additionalProperties, `${parent}.NAME.`) : [];
}

/** @throws RangeError for a field without a description */
function definition(path: string, schema: Schema, isRequired: boolean): Block {
  if (schema.description === undefined)
    throw new RangeError(`the node agent's configuration does not describe ${path}`);
  const facts = [
    ...(isRequired ? ['required'] : []),
    ...(schema.const === undefined ? [] : [`always \`${schema.const}\``]),
    ...(typeof schema.default === 'string' ? [`default: \`${schema.default}\``] : []),
  ];
  const text = facts.length === 0 ? schema.description : `${schema.description} (${facts.join(', ')})`;
  return { kind: 'definition', term: [{ literal: path }], text: prose(text) };
}
