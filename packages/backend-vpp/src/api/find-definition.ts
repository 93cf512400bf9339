/** Where the definition of VPP's API comes from: the host's files, or VPP itself. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VppError } from '../vpp-error';
import { builtInDefinition } from './built-in/built-in-definition';
import type { BuiltInMessages } from './built-in/messages';
import { VppClient, type VppClientOptions } from './client';
import { type ApiDefinition, readApiDefinition } from './definition';

const SUFFIX = '.api.json';

/**
 * Reads every `*.api.json` in a folder and those below it, such as VPP's `share/vpp/api`.
 * @throws VppError PP_VPP_API_DEFINITION when there is none, or one cannot be read
 */
export async function definitionFromFiles(folder: string): Promise<ApiDefinition> {
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw invalid(`the folder ${folder} cannot be read`, cause);
  });
  const paths = names.filter((name) => name.endsWith(SUFFIX)).sort();
  if (paths.length === 0) throw invalid(`there is no *${SUFFIX} in ${folder}`);
  return readApiDefinition(await Promise.all(paths.map((name) => readJson(join(folder, name)))));
}

/**
 * Asks a running VPP for the definition of its own API; it keeps back some messages, so what the built-in definition has beside that is
 * added.
 * @throws VppError PP_VPP_API_MESSAGE_UNKNOWN when this VPP does not tell, PP_VPP_API_DEFINITION, and what {@link VppClient} throws
 */
export async function definitionFromVpp(options: Omit<VppClientOptions, 'definition'>): Promise<ApiDefinition> {
  const known = builtInDefinition();
  const client = await VppClient.connect<BuiltInMessages>({ ...options, definition: known });
  try {
    const { json } = await client.request('get_api_json', {});
    const told = readApiDefinition(filesIn(parse(json, 'VPP')));
    return {
      messages: new Map([...known.messages, ...told.messages]),
      types: new Map([...known.types, ...told.types]),
      services: new Map([...known.services, ...told.services]),
    };
  } finally {
    await client.close();
  }
}

/** VPP tells one object a module, in a list. */
function filesIn(told: unknown): readonly unknown[] {
  return Array.isArray(told) ? told : [told];
}

async function readJson(path: string): Promise<unknown> {
  return parse(await readFile(path, 'utf8'), path);
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`${where} gives no JSON`, cause);
  }
}

function invalid(why: string, cause?: unknown): VppError {
  return new VppError('PP_VPP_API_DEFINITION', `VPP's API is not known: ${why}`, { isRetriable: false, cause });
}
