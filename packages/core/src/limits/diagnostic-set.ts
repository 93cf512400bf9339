/** The diagnostics that hold now, each once however many desired objects cause it, and how they change. */
import type { Diagnostic } from './limit';

/** What a step changed: limits newly met, met in another way, and met no more. */
export interface DiagnosticChanges {
  readonly met: readonly Diagnostic[];
  readonly changed: readonly Diagnostic[];
  readonly cleared: readonly Diagnostic[];
}

/** A diagnostic is known by its code, object and field. */
export class DiagnosticSet {
  readonly #byId = new Map<string, { diagnostic: Diagnostic; readonly causes: Set<string> }>();
  readonly #idsByCause = new Map<string, readonly string[]>();
  /** As it was before the step, for what the step touched. */
  readonly #before = new Map<string, Diagnostic | undefined>();

  get current(): readonly Diagnostic[] {
    return [...this.#byId.values()].map(({ diagnostic }) => diagnostic);
  }

  /** From now on `cause`, a key of any kind, causes exactly these. */
  replace(cause: string, diagnostics: readonly Diagnostic[]): void {
    const idsBefore = this.#idsByCause.get(cause);
    if (idsBefore === undefined && diagnostics.length === 0) return;
    for (const id of idsBefore ?? []) this.#dropCause(id, cause);
    for (const diagnostic of diagnostics) this.#addCause(diagnostic, cause);
    if (diagnostics.length === 0) this.#idsByCause.delete(cause);
    else this.#idsByCause.set(cause, diagnostics.map(idOf));
  }

  /** What has changed since the last call. */
  takeChanges(): DiagnosticChanges {
    const met: Diagnostic[] = [];
    const changed: Diagnostic[] = [];
    const cleared: Diagnostic[] = [];
    for (const [id, before] of this.#before) {
      const now = this.#byId.get(id)?.diagnostic;
      if (now === undefined) {
        if (before !== undefined) cleared.push(before);
      } else if (before === undefined) met.push(now);
      else if (JSON.stringify(before) !== JSON.stringify(now)) changed.push(now);
    }
    this.#before.clear();
    return { met, changed, cleared };
  }

  #addCause(diagnostic: Diagnostic, cause: string): void {
    const id = idOf(diagnostic);
    this.#remember(id);
    const entry = this.#byId.get(id);
    if (entry === undefined) this.#byId.set(id, { diagnostic, causes: new Set([cause]) });
    else {
      entry.diagnostic = diagnostic;
      entry.causes.add(cause);
    }
  }

  #dropCause(id: string, cause: string): void {
    this.#remember(id);
    const entry = this.#byId.get(id);
    entry?.causes.delete(cause);
    if (entry?.causes.size === 0) this.#byId.delete(id);
  }

  #remember(id: string): void {
    if (!this.#before.has(id)) this.#before.set(id, this.#byId.get(id)?.diagnostic);
  }
}

function idOf({ code, object, field }: Diagnostic): string {
  return JSON.stringify([code, object.kind, object.apiVersion, object.namespace ?? '', object.name, field]);
}
