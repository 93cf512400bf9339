/** The node agent's configuration: its schema, and how it is read from a file. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import {
  type BackendRegistry,
  DEFAULT_PROFILE,
  FIELD_VALIDATIONS,
  type LimitProfile,
  onUnsupportedChoice,
  parseProfile,
} from '@polyplane/core';
import { CliError } from './cli-error';

/** `HOST:PORT` to listen on; port 0: any free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const listenAddress = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, 'must be HOST:PORT')
  .transform((text): ListenAddress => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port <= 65535, 'must have a port up to 65535');

const source = z
  .strictObject({
    manifests: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('files and folders, watched; relative to the configuration file'),
    kubernetes: z
      .strictObject({
        kubeconfig: z.string().min(1).optional().describe('a kubeconfig file, relative to the configuration file'),
      })
      .optional()
      .describe('the Kubernetes API; without a kubeconfig as kubectl finds it, or as a pod of the cluster'),
    validate: z
      .enum(FIELD_VALIDATIONS)
      .optional()
      .describe(
        'what becomes of fields that no schema knows: `strict` refuses the object, `warn` closes the rule that has one, `ignore` reads on; without it `strict` for manifests, `warn` for the Kubernetes API',
      ),
  })
  .refine(({ manifests, kubernetes }) => (manifests === undefined) !== (kubernetes === undefined), {
    error: 'needs one of manifests and kubernetes',
  });

const profile = z.string().transform((text, context): LimitProfile => {
  try {
    return parseProfile(text);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : String(error));
    return z.NEVER;
  }
});

/** What may be said of backends: it depends on those that are loaded. */
export interface KnownBackends extends Pick<BackendRegistry, 'names' | 'featureGates'> {
  /** What a backend says against options of its own; absent: they are not judged. */
  readonly optionFaults?: (name: string, options: object) => readonly OptionFault[];
}

/** What is wrong with a backend's options. */
export interface OptionFault {
  /** The one that is wrong, if the backend says so. */
  readonly option?: string;
  readonly message: string;
}

const backendSettings = z.looseObject({
  onUnsupported: onUnsupportedChoice.optional().describe('as `onUnsupported` for all backends, which it goes before'),
});

/** The file's fields; their descriptions are what the manual page says of them. */
export const nodeAgentConfigurationSchema = z.strictObject({
  apiVersion: z.literal('polyplane.io/v1alpha1').describe('the format of this file'),
  kind: z.literal('NodeAgentConfiguration').describe('what the file holds'),
  nodeName: z
    .string()
    .min(1)
    .optional()
    .describe('the node’s name in the cluster; without it `$NODE_NAME`, then the host’s name'),
  source: source.describe('where the cluster’s objects come from: exactly one of `manifests` and `kubernetes`'),
  allowEmptyCluster: z
    .boolean('must be true or false')
    .default(false)
    .describe(
      'whether a cluster without this node, and manifests without any object at the start, are what is meant; else the agent waits for them and touches nothing',
    ),
  backend: z.string().min(1).describe('the name of any loaded backend; `--backend-module` loads further ones'),
  backends: z
    .record(z.string(), backendSettings)
    .default({})
    .describe('settings of each backend, by its name; but for `onUnsupported`, the backend itself judges them'),
  stateDirectory: z
    .string()
    .min(1)
    .default('/var/lib/polyplane')
    .describe(
      'a folder for what has to outlive the agent: the manifests, or the cluster’s policies, as they were last read well; relative to the configuration file',
    ),
  onUnsupported: onUnsupportedChoice
    .default('ignore')
    .describe(
      'what becomes of an object that asks for what the backend does not do: `ignore`, `deny` or `refuse`, or `{default, features: {FEATURE: ...}}` with these',
    ),
  profile: profile.default(DEFAULT_PROFILE).describe('the version of the dataplanes whose limits count'),
  featureGates: z
    .record(z.string(), z.boolean('must be true or false'))
    .default({})
    .describe(
      'what a backend does beyond its limits: `NAME: true` or `false`; a name that no loaded backend has is an error',
    ),
  healthAddress: listenAddress
    .prefault('127.0.0.1:10266')
    .describe('where `/healthz`, `/readyz` and `/status` are served; port 0: any free one, which the log tells'),
  metricsAddress: listenAddress.prefault('127.0.0.1:10267').describe('where `/metrics` is served'),
});

/** A configuration with every default filled in; paths are absolute. */
export type NodeAgentConfiguration = Readonly<z.output<typeof nodeAgentConfigurationSchema>> & {
  readonly nodeName: string;
};

/** @throws CliError PP_CLI_CONFIG_UNREADABLE; PP_CLI_CONFIG_INVALID, naming file, line and field of everything that is wrong */
export function readNodeAgentConfiguration(
  file: string,
  known: KnownBackends,
  environment: NodeJS.ProcessEnv = process.env,
): NodeAgentConfiguration {
  const text = readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    throw invalid(document.errors.map((error) => `${file}:${lineAt(error.pos[0])}: ${firstLine(error.message)}`));
  }
  const data = toData(document, file);
  const parsed = nodeAgentConfigurationSchema.safeParse(data);
  const issues = [...(parsed.error?.issues.flatMap(splitIssue) ?? []), ...backendIssues(data, known)];
  if (!parsed.success || issues.length > 0) {
    const lineOf = (path: readonly PropertyKey[]): number => {
      for (let length = path.length; length >= 0; length -= 1) {
        const node = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range != null) return lineAt(node.range[0]);
      }
      return 1;
    };
    const told = issues.map(({ path, message }) => ({ line: lineOf(path), text: `${formatPath(path)}: ${message}` }));
    throw invalid(told.sort((one, other) => one.line - other.line).map(({ line, text }) => `${file}:${line}: ${text}`));
  }
  return {
    ...parsed.data,
    nodeName: parsed.data.nodeName ?? (environment.NODE_NAME || hostname()),
    source: withAbsolutePaths(parsed.data.source, dirname(file)),
    stateDirectory: resolve(dirname(file), parsed.data.stateDirectory),
  };
}

/** Something that is wrong, and where. */
interface ConfigurationIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** As much of the file as can be held against the backends, also where something else in it is wrong. */
const backendParts = z.object({
  backend: z.string().optional().catch(undefined),
  backends: z.record(z.string(), z.unknown()).catch({}),
  featureGates: z.record(z.string(), z.unknown()).catch({}),
});

/** Who misspells a name is told which ones there are; what a backend says against its options is told where they stand. */
function backendIssues(data: unknown, { names, featureGates, optionFaults }: KnownBackends): ConfigurationIssue[] {
  const parts = backendParts.safeParse(data).data;
  if (parts === undefined) return [];
  const issues: ConfigurationIssue[] = [];
  const name = (path: readonly string[], what: string, there: readonly string[]): void => {
    if (there.includes(path.at(-1) ?? '')) return;
    const list = there.length === 0 ? 'there is none' : `there is ${there.join(', ')}`;
    issues.push({ path, message: `no ${what} is named so; ${list}` });
  };
  if (parts.backend !== undefined && parts.backend !== '' && !names.includes(parts.backend)) {
    const message = `no backend is named ${JSON.stringify(parts.backend)}; there is ${names.join(', ')}`;
    issues.push({ path: ['backend'], message });
  }
  for (const gate of Object.keys(parts.featureGates)) {
    name(
      ['featureGates', gate],
      'feature gate',
      featureGates.map((known) => known.name),
    );
  }
  for (const [backend, options] of Object.entries(parts.backends)) {
    name(['backends', backend], 'backend', names);
    if (!names.includes(backend) || typeof options !== 'object' || options === null) continue;
    for (const { option, message } of optionFaults?.(backend, options) ?? []) {
      issues.push({ path: ['backends', backend, ...(option === undefined ? [] : [option])], message });
    }
  }
  return issues;
}

function withAbsolutePaths(
  { manifests, kubernetes, validate }: z.output<typeof source>,
  folder: string,
): z.output<typeof source> {
  const common = { ...(validate !== undefined && { validate }) };
  if (manifests !== undefined) return { ...common, manifests: manifests.map((path) => resolve(folder, path)) };
  const { kubeconfig } = kubernetes ?? {};
  return { ...common, kubernetes: kubeconfig === undefined ? {} : { kubeconfig: resolve(folder, kubeconfig) } };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError('PP_CLI_CONFIG_UNREADABLE', `${file}: ${firstLine(messageOf(error))}`, { cause: error });
  }
}

/** Aliases are followed up to a number, so that a small file cannot grow without bound. */
function toData(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new CliError('PP_CLI_CONFIG_INVALID', `${file}: ${firstLine(messageOf(error))}`, { cause: error });
  }
}

/** One for each key that is none. */
function splitIssue(issue: z.core.$ZodIssue): readonly ConfigurationIssue[] {
  if (issue.code !== 'unrecognized_keys') return [issue];
  return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such field' }));
}

/** `source.manifests[0]`; the whole document is `configuration`. */
function formatPath(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'configuration';
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function invalid(messages: readonly string[]): CliError {
  return new CliError('PP_CLI_CONFIG_INVALID', messages.join('\n'));
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
