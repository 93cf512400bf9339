/** How schemas word what they refuse. */

/** Said instead of zod's own words. */
export const TOLD = {
  error: (issue: { readonly code?: string; readonly input?: unknown }) =>
    issue.code === 'invalid_type' && (issue.input === undefined || issue.input === null) ? 'is missing' : undefined,
};
