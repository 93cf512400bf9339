/** TypeScript types of messages, rendered from a definition: what a typed client is given and gives. */
import {
  type FieldDefinition,
  type MessageDefinition,
  messageTypeName,
  readApiDefinition,
  type TypeDefinition,
} from '../../packages/backend-vpp/src/api/definition';

const NUMBERS: ReadonlySet<string> = new Set(['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f64']);
const FILLED_BY_CLIENT: ReadonlySet<string> = new Set(['client_index', 'context']);

/** The text of a file that declares a type for every type of the definition, and `BuiltInMessages`. */
export function renderMessageTypes(file: unknown): string {
  const { types, messages, services } = readApiDefinition([file]);
  const declared = [...types.values()].map((type) => `/** VPP's \`${type.name}\`. */\n${renderType(type)}`).join('\n');
  const requests: string[] = [];
  const streams: string[] = [];
  const events = new Set<string>();
  for (const [name, service] of services) {
    const request = messages.get(name);
    const answer = messages.get(service.details ?? service.reply);
    if (request === undefined || answer === undefined) continue;
    const kind = service.details === undefined ? 'reply' : 'details';
    const line = `    readonly ${name}: { readonly request: ${renderMessage(request, 'in')}; readonly ${kind}: ${renderMessage(answer, 'out')} };`;
    (service.details === undefined ? requests : streams).push(line);
    for (const event of service.events) events.add(event);
  }
  const eventLines = [...events].flatMap((name) => {
    const message = messages.get(name);
    return message === undefined ? [] : [`    readonly ${name}: ${renderMessage(message, 'out')};`];
  });
  return `
/* Names are VPP's own. Numbers of enumerations are those of the constants beside them. */
${declared}
/** The messages of the built-in definition. */
export interface BuiltInMessages {
  readonly requests: {
${requests.join('\n')}
  };
  readonly streams: {
${streams.join('\n')}
  };
  readonly events: {
${eventLines.join('\n')}
  };
}
`;
}

function renderType(type: TypeDefinition): string {
  const name = typeName(messageTypeName(type.name));
  switch (type.kind) {
    case 'alias':
      return `export type ${name} = ${renderField({ name: '', type: type.type, shape: type.length === undefined ? { kind: 'one' } : { kind: 'fixed', length: type.length } })};`;
    case 'enum': {
      const values = [...type.values].map(([value, number]) => `  ${value}: ${number},`).join('\n');
      return `export type ${name} = number;\n/** The values of {@link ${name}}. */\nexport const ${name} = {\n${values}\n} as const;`;
    }
    case 'union': {
      const members = type.fields.map((field) => `{ readonly ${field.name}: ${renderField(field)} }`);
      return `export type ${name} = ${[...members, '{ readonly raw: Uint8Array }'].join(' | ')};`;
    }
    case 'struct':
      return `export interface ${name} {\n${renderFields(type.fields, 'in')
        .map((line) => `  ${line}`)
        .join('\n')}\n}`;
  }
}

function renderMessage({ fields }: MessageDefinition, direction: 'in' | 'out'): string {
  const lines = renderFields(
    fields.filter(({ name }) => !FILLED_BY_CLIENT.has(name)),
    direction,
  );
  return lines.length === 0 ? 'Readonly<Record<never, never>>' : `{ ${lines.join(' ')} }`;
}

/** A count follows from its list when a message is written, and is there when one was read. */
function renderFields(fields: readonly FieldDefinition[], direction: 'in' | 'out'): readonly string[] {
  const counts = new Set(fields.flatMap(({ shape }) => (shape.kind === 'counted' ? [shape.countField] : [])));
  return fields.map((field) => {
    const isOptional = direction === 'in' && counts.has(field.name);
    return `readonly ${field.name}${isOptional ? '?' : ''}: ${renderField(field)};`;
  });
}

function renderField({ type, shape }: FieldDefinition): string {
  if (shape.kind === 'one') return typeName(type);
  if (shape.kind === 'text' || type === 'string') return 'string';
  return type === 'u8' ? 'Uint8Array' : `readonly ${typeName(type)}[]`;
}

function typeName(type: string): string {
  if (NUMBERS.has(type)) return 'number';
  if (type === 'u64' || type === 'i64') return 'bigint';
  if (type === 'bool') return 'boolean';
  if (type === 'string') return 'string';
  const name = /^vl_api_(\w+)_t$/.exec(type)?.[1] ?? type;
  return name.replace(/(?:^|_)(\w)/g, (_match, letter: string) => letter.toUpperCase());
}
