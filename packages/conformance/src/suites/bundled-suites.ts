/** The suites that come with this package. */
import { join } from 'node:path';

/** One folder a suite; the same from source and from the built package. */
export const BUNDLED_SUITES_FOLDER = join(__dirname, '..', '..', 'suites');
