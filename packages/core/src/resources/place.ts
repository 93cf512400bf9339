/** Where the fields of an object stand in its file. */
import type { DocumentText } from './document-text';
import type { FieldPath } from './field-path';
import { ManifestDocument } from './manifest-document';

/** A document of a file, kept as text: its nodes weigh thirty times as much. */
export class Place {
  private readonly firstLine: number | undefined;
  private nodes: WeakRef<ManifestDocument> | undefined;

  /** @param root where in the document the object stands */
  constructor(
    readonly file: string,
    private readonly source: DocumentText,
    readonly root: FieldPath,
    parsed?: ManifestDocument,
  ) {
    this.firstLine = parsed?.lineOf(root);
  }

  lineOf(path: FieldPath): number {
    if (path === this.root && this.firstLine !== undefined) return this.firstLine;
    const document = this.nodes?.deref() ?? new ManifestDocument(this.source);
    this.nodes = new WeakRef(document);
    return document.lineOf(path);
  }
}
