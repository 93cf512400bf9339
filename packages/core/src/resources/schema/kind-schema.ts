/** What a kind's schema reads, and how the table of kinds describes it. */
import type { z } from 'zod';
import type { Resource, ResourceKind, ResourceOf } from '../resource';

/** A resource without what every kind has. */
export type ResourceBody<R extends Resource> = Omit<R, 'kind' | 'ref' | 'metadata'>;

/** One API kind that Polyplane reads. */
export interface KindSchema<Kind extends ResourceKind = ResourceKind> {
  readonly kind: Kind;
  readonly apiKind: string;
  /** `group/version`; `v1` for the core group. */
  readonly apiVersions: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  readonly name: z.ZodType<string>;
  /** Reads the whole object; `metadata` only as far as rules tie it to the rest. */
  readonly body: z.ZodType<ResourceBody<ResourceOf<Kind>>>;
}
