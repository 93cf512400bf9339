/** Collects the parts of a bundle: one that cannot be had is said to be missing, and keeps no other back. */
import { CodedError } from '@polyplane/core';
import { withoutSecretTexts } from './secrets';

/** A file of a bundle, by its path in it. */
export interface BundleFile {
  readonly name: string;
  readonly text: string;
}

/** A file that a bundle should have. */
export interface BundlePart {
  readonly name: string;
  /** Undefined: there is nothing of the kind. */
  read(): Promise<string | undefined> | string | undefined;
}

export interface Collected {
  readonly files: readonly BundleFile[];
  readonly missing: readonly MissingPart[];
}

export interface MissingPart {
  readonly name: string;
  readonly reason: string;
  /** Of a defect: with its stack. */
  readonly stack?: string;
}

/** One after the other, in order; whatever looks like a secret is left out of each. */
export async function collect(parts: readonly BundlePart[]): Promise<Collected> {
  const files: BundleFile[] = [];
  const missing: MissingPart[] = [];
  for (const part of parts) {
    try {
      const text = await part.read();
      if (text !== undefined) files.push({ name: part.name, text: withoutSecretTexts(text) });
    } catch (error) {
      missing.push(missingPart(part.name, error));
    }
  }
  return { files, missing };
}

function missingPart(name: string, error: unknown): MissingPart {
  if (error instanceof CodedError) return { name, reason: withoutSecretTexts(`${error.message} (${error.code})`) };
  if (!(error instanceof Error)) return { name, reason: withoutSecretTexts(String(error)) };
  return { name, reason: withoutSecretTexts(error.message), stack: withoutSecretTexts(error.stack ?? '') };
}
