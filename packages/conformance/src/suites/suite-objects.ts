/** The cluster objects of a suite: those in it and those in the files beside it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  CoreError,
  type FieldPath,
  keyOfResource,
  loadManifests,
  type ObjectRef,
  parseFieldPath,
  parseResource,
  type Resource,
  type ResourceKey,
} from '@polyplane/core';
import { ConformanceError } from '../conformance-error';
import type { SuiteText } from './suite-text';

export interface SuiteObjects {
  /** Of objects with one key the last counts. */
  readonly resources: readonly Resource[];
  readonly unknownObjects: readonly ObjectRef[];
}

/** Of objects whose kind is not read; a policy among them is an error, as what it closes would be open. */
const UNREAD_CODE = 'PP_OBJECT_UNKNOWN_KIND';

/** Objects given inline, at `path` in the suite. @throws ConformanceError PP_SUITE_OBJECT_INVALID */
export function readInlineObjects(text: SuiteText, path: FieldPath, manifests: readonly unknown[]): SuiteObjects {
  const resources: Resource[] = [];
  const unknownObjects: ObjectRef[] = [];
  manifests.forEach((raw, index) => {
    const refuse = (error: CoreError, field: string | undefined): ConformanceError =>
      text.error('PP_SUITE_OBJECT_INVALID', [...path, index, ...parseFieldPath(field ?? '')], error.message, error);
    try {
      resources.push(parseResource(raw));
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      if (error.code !== UNREAD_CODE) throw refuse(error, error.field);
      // A list, or of a group that says nothing about the network (a Deployment, a ConfigMap), or not known.
      const loaded = loadManifests(JSON.stringify(raw), text.file);
      for (const problem of loaded.problems) {
        if (problem.error.code !== UNREAD_CODE || problem.object === undefined)
          throw refuse(problem.error, problem.field);
        unknownObjects.push(problem.object);
      }
      resources.push(...loaded.resources.map(({ resource }) => resource));
    }
  });
  return { resources, unknownObjects };
}

/** Objects in files and folders beside the suite. @throws ConformanceError PP_SUITE_UNREADABLE, PP_SUITE_OBJECT_INVALID */
export function readObjectFiles(text: SuiteText, path: FieldPath, files: readonly string[]): SuiteObjects {
  const resources: Resource[] = [];
  const unknownObjects: ObjectRef[] = [];
  files.forEach((file, index) => {
    for (const manifest of listManifestFiles(text, [...path, index], resolve(dirname(text.file), file))) {
      const loaded = loadManifests(readFileSync(manifest, 'utf8'), manifest);
      for (const { error, object, line } of loaded.problems) {
        if (error.code === UNREAD_CODE && object !== undefined) unknownObjects.push(object);
        else {
          const position = { file: manifest, line: line ?? 1 };
          throw new ConformanceError('PP_SUITE_OBJECT_INVALID', error.message, { position, cause: error });
        }
      }
      resources.push(...loaded.resources.map(({ resource }) => resource));
    }
  });
  return { resources, unknownObjects };
}

export function mergeObjects(all: readonly SuiteObjects[]): SuiteObjects {
  const byKey = new Map<ResourceKey, Resource>();
  for (const { resources } of all) for (const resource of resources) byKey.set(keyOfResource(resource), resource);
  return { resources: [...byKey.values()], unknownObjects: all.flatMap(({ unknownObjects }) => unknownObjects) };
}

const MANIFEST_FILE = /\.(ya?ml|json)$/;

function listManifestFiles(text: SuiteText, path: FieldPath, place: string): readonly string[] {
  try {
    if (!statSync(place).isDirectory()) return [place];
    const names = readdirSync(place, { recursive: true, encoding: 'utf8' });
    return names
      .filter((name) => MANIFEST_FILE.test(name))
      .sort()
      .map((name) => join(place, name));
  } catch (cause) {
    throw text.error('PP_SUITE_UNREADABLE', path, `cannot read ${place}: ${(cause as Error).message}`, cause);
  }
}
