/** Loads the resources of a manifest file: YAML with one or more documents, or JSON. */
import { CoreError } from '../core-error';
import { formatObjectRef } from '../state';
import { type DocumentText, splitDocuments } from './document-text';
import { type FieldPath, parseFieldPath } from './field-path';
import type { FieldValidation } from './field-validation';
import { hasDoubleKeys } from './json-keys';
import type { Service } from './kinds/kubernetes';
import { faultsOfList, isListOfRead } from './list-faults';
import { type ListParts, partJsonList, partYamlList } from './list-parts';
import { ManifestDocument } from './manifest-document';
import { isList, type ObjectList, withKindOf } from './object-list';
import { readResource } from './parse';
import type { ClosedReading } from './parsed-resource';
import { Place } from './place';
import { keyOfResource, type Resource, type ResourceKey } from './resource';
import type { ResourceFault } from './resource-fault';
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

/** A faulty policy, profile or network set as far as it can be read, with what cannot closing. */
export interface ClosedManifest extends LoadedResource {
  /** It was refused for an unknown field: an earlier version counts before this. */
  readonly isRefused: boolean;
}

/** What a file gives. Of objects with one key the last one counts, and a problem tells of the others. */
export interface LoadedManifests {
  readonly resources: readonly LoadedResource[];
  /** What counts in place of faulty objects, where they are not among `resources`; a problem tells of each. */
  readonly closed: readonly ClosedManifest[];
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
 * @param validation what becomes of fields that an object's kind does not have
 */
export function loadManifests(
  text: string,
  file: string,
  tell?: (share: number) => void,
  validation: FieldValidation = 'strict',
): LoadedManifests {
  const loader = new Loader(file, validation, tell);
  if (text.length > MAX_TEXT_LENGTH) loader.refuseText(`longer than ${MAX_TEXT_LENGTH} characters`, 1);
  else if (text.includes('\0'))
    loader.refuseText('not a text: it has a zero byte', lineOfOffset(text, text.indexOf('\0')));
  else loader.loadText(text.startsWith('\uFEFF') ? text.slice(1) : text);
  const { resources, templates, targets, problems } = loader;
  return {
    resources: [...resources.values()],
    closed: [...loader.closed].filter(([key]) => !resources.has(key)).map(([, closed]) => closed),
    problems,
    standIns: { templates, targets },
  };
}

class Loader {
  readonly resources = new Map<ResourceKey, LoadedResource>();
  readonly closed = new Map<ResourceKey, ClosedManifest>();
  readonly problems: ResourceProblem[] = [];
  readonly templates: PodTemplate[] = [];
  readonly targets: ServiceTarget[] = [];

  constructor(
    private readonly file: string,
    private readonly validation: FieldValidation,
    private readonly tell: (share: number) => void = () => undefined,
  ) {}

  loadText(text: string): void {
    if (/^\s*[{[]/.test(text) && this.loadJson({ text, firstLine: 1 })) return;
    let loaded = 0;
    for (const source of splitDocuments(text)) {
      const before = loaded / text.length;
      const share = source.text.length / text.length;
      if (!this.loadParts(partYamlList(source), readEntry, (part) => this.tell(before + part * share))) {
        this.loadDocument(source);
      }
      loaded += source.text.length;
      this.tell(Math.min(1, loaded / text.length));
    }
  }

  /** False where the text is no JSON. */
  private loadJson(source: DocumentText): boolean {
    if (this.loadParts(partJsonList(source), ({ text }) => parseJson(text), this.tell)) return true;
    const json = parseJson(source.text);
    if (json !== undefined) this.loadAt(new Place(this.file, source, []), json.value, this.tell);
    return json !== undefined;
  }

  private loadDocument(source: DocumentText): void {
    const document = new ManifestDocument(source);
    if (document.fault !== undefined) this.refuseText(document.fault.message, document.fault.line);
    else if (document.value !== undefined && document.value !== null) {
      this.loadAt(new Place(this.file, source, [], document), document.value);
    }
  }

  /**
   * Loads a list entry by entry. False, and nothing loaded, where not every part can be read by itself: the whole may still.
   * @param tell told which share of the list is loaded
   */
  private loadParts(
    list: ListParts | undefined,
    read: (entry: DocumentText) => Entry | undefined,
    tell: (share: number) => void,
  ): boolean {
    if (list === undefined) return false;
    const head = new ManifestDocument({ text: list.head, firstLine: 1 }).value;
    if (!isList(head) || head.items !== null || faultsOfList(head, this.validation).length > 0) return false;
    const loader = new Loader(this.file, this.validation);
    let loaded = 0;
    for (const source of list.entries) {
      const entry = read(source);
      if (entry === undefined) return false;
      const { value, path = [], document } = entry;
      loader.loadAt(new Place(this.file, source, path, document), withKindOf(head, value));
      loaded += source.text.length;
      tell(loaded / list.length);
    }
    this.takeOver(loader);
    return true;
  }

  private takeOver(loader: Loader): void {
    for (const problem of loader.problems) this.problems.push(problem);
    for (const template of loader.templates) this.templates.push(template);
    for (const target of loader.targets) this.targets.push(target);
    for (const object of loader.resources.values()) this.add(object);
    for (const [key, object] of loader.closed) this.closed.set(key, object);
  }

  refuseText(message: string, line: number): void {
    const error = new CoreError('PP_MANIFEST_SYNTAX', `${this.file}:${line}: ${message}`);
    this.problems.push({ error, file: this.file, line });
  }

  private loadAt(place: Place, value: unknown, tell?: (share: number) => void): void {
    this.loadValue(value, place.root, place, tell);
  }

  /** @param tell told of the items of a list, which share of them is loaded */
  private loadValue(value: unknown, path: FieldPath, place: Place, tell?: (share: number) => void): void {
    if (isList(value) && (isListOfRead(value) || Array.isArray(value.items))) {
      this.loadList(value, path, place, tell);
      return;
    }
    const parsed = readResource(value, this.validation);
    if (parsed.outcome !== 'foreign') for (const fault of parsed.faults) this.tellFault(fault, path, place);
    if (parsed.outcome === 'faulty') {
      if (parsed.closed !== undefined) this.addClosed(parsed.closed, path, place);
    } else if (parsed.outcome === 'resource') {
      this.add(new LoadedObject(parsed.resource, path, place));
      if (parsed.resource.kind === 'Service') this.addTarget(value, parsed.resource);
    } else {
      const template = readPodTemplate(value);
      if (template !== undefined) this.templates.push(template);
    }
  }

  private loadList(list: ObjectList, path: FieldPath, place: Place, tell?: (share: number) => void): void {
    const faults = isListOfRead(list) ? faultsOfList(list, this.validation) : [];
    for (const fault of faults) this.tellFault(fault, path, place);
    const items: readonly unknown[] = Array.isArray(list.items) ? list.items : [];
    items.forEach((item, index) => {
      this.loadValue(withKindOf(list, item), [...path, 'items', index], place);
      tell?.((index + 1) / items.length);
    });
  }

  private addTarget(value: unknown, { ref }: Service): void {
    const target = readServiceTarget(value, ref);
    if (target !== undefined) this.targets.push(target);
  }

  private addClosed({ resource, isRefused }: ClosedReading, path: FieldPath, place: Place): void {
    this.closed.set(keyOfResource(resource), new ClosedObject(resource, path, place, isRefused));
  }

  private add(loaded: LoadedResource): void {
    const key = keyOfResource(loaded.resource);
    const earlier = this.resources.get(key);
    if (earlier !== undefined) this.problems.push(duplicateProblem(earlier, loaded));
    // The later object takes its own place in the order, too.
    this.resources.delete(key);
    this.resources.set(key, loaded);
  }

  private tellFault({ error, object, path: fieldPath }: ResourceFault, path: FieldPath, place: Place): void {
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

class ClosedObject extends LoadedObject implements ClosedManifest {
  constructor(
    resource: Resource,
    path: FieldPath,
    place: Place,
    readonly isRefused: boolean,
  ) {
    super(resource, path, place);
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // The YAML parser says where the second one stands.
    return hasDoubleKeys(text, value) ? undefined : { value };
  } catch {
    // Flow-style YAML, or faulty: the YAML parser reads it or says where the fault is.
    return undefined;
  }
}

/** An entry of a list that was read by itself. */
interface Entry {
  readonly value: unknown;
  /** Where in its text; absent: the whole. */
  readonly path?: FieldPath;
  readonly document?: ManifestDocument;
}

/** The only entry of a sequence. */
function readEntry(source: DocumentText): Entry | undefined {
  const document = new ManifestDocument(source);
  const { value } = document;
  return Array.isArray(value) && value.length === 1 ? { value: value[0], path: [0], document } : undefined;
}

function lineOfOffset(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
