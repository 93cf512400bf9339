/** Reads the objects that `check` judges from files, folders and stdin, and remembers where each field stands. */
import { relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  CoreError,
  duplicateProblem,
  type FieldValidation,
  keyOfResource,
  type LoadedResource,
  loadManifests,
  type ObjectRef,
  type PodTemplate,
  type Resource,
  type ResourceKey,
  type ResourceProblem,
  readManifestFiles,
  type ServiceTarget,
  type SourceLocation,
  type StandIns,
} from '@polyplane/core';
import type { Progress } from './progress-bar';

/** What was read. */
export interface ReadObjects {
  readonly resources: readonly Resource[];
  readonly problems: readonly ResourceProblem[];
  /** What the files say of pods and endpoints that they do not have. */
  readonly standIns: StandIns;
  /** Every file that was read, by the name that locations carry. */
  readonly texts: ReadonlyMap<string, string>;
  /** The object as its file has it; undefined where it came from no file. */
  find(object: ObjectRef): LoadedResource | undefined;
  locate(object: ObjectRef, field: string): SourceLocation | undefined;
}

class ObjectsOfFiles implements ReadObjects {
  private readonly byRef = new Map<string, LoadedResource>();

  constructor(
    loaded: Iterable<LoadedResource>,
    readonly problems: readonly ResourceProblem[],
    readonly standIns: StandIns,
    readonly texts: ReadonlyMap<string, string>,
  ) {
    for (const object of loaded) this.byRef.set(keyOfRef(object.resource.ref), object);
  }

  get resources(): readonly Resource[] {
    return Array.from(this.byRef.values(), ({ resource }) => resource);
  }

  find(object: ObjectRef): LoadedResource | undefined {
    return this.byRef.get(keyOfRef(object));
  }

  locate(object: ObjectRef, field: string): SourceLocation | undefined {
    const loaded = this.find(object);
    return loaded === undefined ? undefined : { file: loaded.file, line: loaded.locate(field) };
  }
}

/**
 * Reads everything that can be read; what cannot is among the problems. Of objects of one key the last one counts, in the
 * order of `paths` (`-` is stdin) and under each in the order of the files' names.
 */
export async function readObjects(
  paths: readonly string[],
  progress: Progress,
  validate?: FieldValidation,
): Promise<ReadObjects> {
  const problems: ResourceProblem[] = [];
  const texts = new Map<string, string>();
  for (const path of paths) {
    if (path === '-') texts.set('stdin', await text(process.stdin));
    else readFiles(path, texts, problems);
  }
  const objects = new Map<ResourceKey, LoadedResource>();
  const templates: PodTemplate[] = [];
  const targets: ServiceTarget[] = [];
  const total = [...texts.values()].reduce((sum, content) => sum + content.length, 0);
  let done = 0;
  for (const [file, content] of texts) {
    const tell = (share: number): void => progress.show(done + share * content.length, total);
    const loaded = loadManifests(content, file, tell, validate);
    // Not spread into a call: a file may hold more of them than a call takes arguments.
    for (const problem of loaded.problems) problems.push(problem);
    for (const template of loaded.standIns.templates) templates.push(template);
    for (const target of loaded.standIns.targets) targets.push(target);
    for (const object of [...loaded.closed, ...loaded.resources]) {
      const key = keyOfResource(object.resource);
      const earlier = objects.get(key);
      if (earlier !== undefined) problems.push(duplicateProblem(earlier, object));
      objects.delete(key);
      objects.set(key, object);
    }
    done += content.length;
    progress.show(done, total);
  }
  progress.finish();
  return new ObjectsOfFiles(objects.values(), problems, { templates, targets }, texts);
}

/** Files keep the form in which the user named them: relative to the working directory, or absolute. */
function readFiles(path: string, texts: Map<string, string>, problems: ResourceProblem[]): void {
  const root = resolve(path);
  const nameOf = (file: string): string => printableName(root === path ? file : relative('', file));
  const { files, unknown } = readManifestFiles([path]);
  for (const [file, error] of unknown) problems.push({ error: named(error, file, nameOf(file)), file: nameOf(file) });
  for (const [file, reading] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = nameOf(file);
    if ('text' in reading) texts.set(name, reading.text);
    else problems.push({ error: named(reading.error, file, name), file: name });
  }
}

/** A name with a control character in it, such as a line's end, as JSON has it: it must not look like lines of ours, and stays one of its own. */
function printableName(file: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
  return /^"|[\u0000-\u001f\u007f-\u009f]/.test(file) ? JSON.stringify(file) : file;
}

/** The error with the file's name in the user's form. */
function named(error: CoreError, file: string, name: string): CoreError {
  return new CoreError(error.code, error.message.replaceAll(file, name), { cause: error });
}

function keyOfRef({ apiVersion, kind, namespace, name }: ObjectRef): string {
  return [apiVersion, kind, namespace ?? '', name].join('\n');
}
