/** How often the properties of this package are tried, each time that the tests run. */

/** `POLYPLANE_SOAK=20` in the environment: twenty times as many cases as usual, and as much time for them. */
export const SOAK = wholeNumber('POLYPLANE_SOAK') ?? 1;

/** `POLYPLANE_CLUSTERS=2000`: so many random clusters are held against a real kernel, on each variant of iptables. */
export const CLUSTERS = wholeNumber('POLYPLANE_CLUSTERS') ?? 20 * SOAK;

/** What a run that decides over a change tries: the same each time, so that the change alone can make it fail. */
const SEED_OF_CI = 101;

/** `POLYPLANE_SEED=42`: the random clusters that this seed gives. Absent: others each time, but in CI; a failure tells its seed. */
export const SEED = seedOf(process.env.POLYPLANE_SEED) ?? (process.env.CI === 'true' ? SEED_OF_CI : undefined);

/** As a failure prints it: 32 bits with a sign. */
function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^-?[0-9]{1,10}$/.test(text)) throw new Error(`POLYPLANE_SEED=${text} is not a seed`);
  return Number(text);
}

function wholeNumber(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined) return undefined;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new Error(`${variable}=${text} is not a whole number from 1 on`);
  return Number(text);
}
