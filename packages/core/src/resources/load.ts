/** Loads the resources of a manifest file: YAML with one or more documents, or JSON. */
import { CoreError } from '../core-error';
import { formatObjectRef } from '../state';
import { type DocumentText, splitDocuments } from './document-text';
import { type FieldPath, parseFieldPath } from './field-path';
import type { Service } from './kinds/kubernetes';
import { ManifestDocument } from './manifest-document';
import { type ResourceFault, readResource } from './parse';
import { keyOfResource, type Resource, type ResourceKey } from './resource';
import type { ResourceProblem } from './resource-problem';
import { type PodTemplate, readPodTemplate, readServiceTarget, type ServiceTarget, type StandIns } from './stand-ins';

/** A resource and where it stands. */
export interface LoadedResource {
  readonly resource: Resource;
  readonly file: string;
  /** Line of the object, 1-based. */
  readonly line: number;
  /** Line of a field (`spec.ingress[2].ports[0]`), or of the nearest thing around it that is written. */
  locate(field: string): number;
}

/** What a file gives. Of objects with one key the last one counts, and a problem tells of the others. */
export interface LoadedManifests {
  readonly resources: readonly LoadedResource[];
  readonly problems: readonly ResourceProblem[];
  /** What the file says of pods and endpoints that it does not have. */
  readonly standIns: StandIns;
}

/** Far above what a cluster's objects come to; beyond it a file is a mistake. */
const MAX_TEXT_LENGTH = 256 * 1024 * 1024;

/**
 * Loads every object of a text. A faulty object or document is a problem and left out, the rest goes on; nothing is thrown.
 * @param file the name that problems and locations carry
 * @param tell told after every object or document which share of the text is loaded
 */
export function loadManifests(text: string, file: string, tell?: (share: number) => void): LoadedManifests {
  const loader = new Loader(file, tell);
  if (text.length > MAX_TEXT_LENGTH) loader.refuseText(`longer than ${MAX_TEXT_LENGTH} characters`, 1);
  else if (text.includes('\0'))
    loader.refuseText('not a text: it has a zero byte', lineOfOffset(text, text.indexOf('\0')));
  else loader.loadText(text.startsWith('\uFEFF') ? text.slice(1) : text);
  const { templates, targets } = loader;
  return { resources: [...loader.resources.values()], problems: loader.problems, standIns: { templates, targets } };
}

class Loader {
  readonly resources = new Map<ResourceKey, LoadedResource>();
  readonly problems: ResourceProblem[] = [];
  readonly templates: PodTemplate[] = [];
  readonly targets: ServiceTarget[] = [];

  constructor(
    private readonly file: string,
    private readonly tell: (share: number) => void = () => undefined,
  ) {}

  loadText(text: string): void {
    const json = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
    if (json !== undefined) {
      this.loadValue(json.value, [], new Place(this.file, { text, firstLine: 1 }), this.tell);
      return;
    }
    let loaded = 0;
    for (const source of splitDocuments(text)) {
      const document = new ManifestDocument(source);
      loaded += source.text.length;
      if (document.fault !== undefined) this.refuseText(document.fault.message, document.fault.line);
      else if (document.value !== undefined && document.value !== null) {
        this.loadValue(document.value, [], new Place(this.file, source, document));
      }
      this.tell(Math.min(1, loaded / text.length));
    }
  }

  refuseText(message: string, line: number): void {
    const error = new CoreError('PP_MANIFEST_SYNTAX', `${this.file}:${line}: ${message}`);
    this.problems.push({ error, file: this.file, line });
  }

  /** @param tell told of the items of a list, which share of them is loaded */
  private loadValue(value: unknown, path: FieldPath, place: Place, tell?: (share: number) => void): void {
    const items = itemsOf(value);
    if (items !== undefined) {
      items.forEach((item, index) => {
        this.loadValue(item, [...path, 'items', index], place);
        tell?.((index + 1) / items.length);
      });
      return;
    }
    const parsed = readResource(value);
    if (parsed.outcome === 'faulty') {
      for (const fault of parsed.faults) this.refuseObject(fault, path, place);
    } else if (parsed.outcome === 'resource') {
      this.add(parsed.resource, path, place);
      if (parsed.resource.kind === 'Service') this.addTarget(value, parsed.resource);
    } else {
      const template = readPodTemplate(value);
      if (template !== undefined) this.templates.push(template);
    }
  }

  private addTarget(value: unknown, { ref }: Service): void {
    const target = readServiceTarget(value, ref);
    if (target !== undefined) this.targets.push(target);
  }

  private add(resource: Resource, path: FieldPath, place: Place): void {
    const key = keyOfResource(resource);
    const loaded = new LoadedObject(resource, path, place);
    const earlier = this.resources.get(key);
    if (earlier !== undefined) this.problems.push(duplicateProblem(earlier, loaded));
    // The later object takes its own place in the order, too.
    this.resources.delete(key);
    this.resources.set(key, loaded);
  }

  private refuseObject({ error, object, path: fieldPath }: ResourceFault, path: FieldPath, place: Place): void {
    const line = place.lineOf([...path, ...fieldPath]);
    const { field } = error;
    this.problems.push({
      error,
      ...(object && { object }),
      ...(field !== undefined && { field }),
      file: this.file,
      line,
    });
  }
}

/** The problem that `later` takes the place of `earlier`. */
export function duplicateProblem(earlier: LoadedResource, later: LoadedResource): ResourceProblem {
  const object = earlier.resource.ref;
  const by = `${later.file}:${later.line}`;
  const error = new CoreError(
    'PP_OBJECT_DUPLICATE',
    `${formatObjectRef(object)} is defined again in ${by}, which counts`,
  );
  return { error, object, file: earlier.file, line: earlier.line };
}

/** An object in a document; the document is parsed again when someone asks for lines. */
class LoadedObject implements LoadedResource {
  readonly file: string;

  constructor(
    readonly resource: Resource,
    private readonly path: FieldPath,
    private readonly place: Place,
  ) {
    this.file = place.file;
  }

  get line(): number {
    return this.place.lineOf(this.path);
  }

  locate(field: string): number {
    return this.place.lineOf([...this.path, ...parseFieldPath(field)]);
  }
}

/** A document of a file, kept as text: its nodes weigh thirty times as much. */
class Place {
  private readonly firstLine: number | undefined;
  private nodes: WeakRef<ManifestDocument> | undefined;

  constructor(
    readonly file: string,
    private readonly source: DocumentText,
    parsed?: ManifestDocument,
  ) {
    this.firstLine = parsed?.lineOf([]);
  }

  lineOf(path: FieldPath): number {
    if (path.length === 0 && this.firstLine !== undefined) return this.firstLine;
    const document = this.nodes?.deref() ?? new ManifestDocument(this.source);
    this.nodes = new WeakRef(document);
    return document.lineOf(path);
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // Flow-style YAML, or faulty: the YAML parser reads it or says where the fault is.
    return undefined;
  }
}

/** The items of a `List` or `XList`; those of an `XList` need not repeat its kind. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (!isRecord(value) || typeof value.kind !== 'string' || !value.kind.endsWith('List')) return undefined;
  const { items, kind, apiVersion } = value;
  if (!Array.isArray(items)) return undefined;
  const itemKind = kind.slice(0, -'List'.length);
  if (itemKind === '') return items;
  return items.map((item) =>
    isRecord(item) && item.kind === undefined ? { ...item, kind: itemKind, apiVersion } : item,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lineOfOffset(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
