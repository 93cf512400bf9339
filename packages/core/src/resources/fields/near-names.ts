/** Which known names a misspelt one may have been meant as. */
import { distance } from 'fastest-levenshtein';

/** Names longer than this are no misspelling, and slow to compare. */
const MAX_COMPARED = 64;

/** The known names that differ little: by case, by a few letters, or as a part of the other. The nearest first. */
export function namesNear(name: string, known: readonly string[]): readonly string[] {
  if (name.length > MAX_COMPARED) return [];
  const lower = name.toLowerCase();
  return known
    .map((other) => ({ other, far: distance(lower, other.toLowerCase()) }))
    .filter(
      ({ other, far }) =>
        far <= Math.max(2, other.length / 3) || (lower.length > 2 && isPart(lower, other.toLowerCase())),
    )
    .sort((a, b) => a.far - b.far)
    .map(({ other }) => other);
}

function isPart(a: string, b: string): boolean {
  return a.includes(b) || b.includes(a);
}
