/** How often the properties of this package are tried, each time that the tests run. */

/** `POLYPLANE_SOAK=20` in the environment: twenty times as many cases as usual, and as much time for them. */
export const SOAK = soakFactor(process.env.POLYPLANE_SOAK);

function soakFactor(text = '1'): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new Error(`POLYPLANE_SOAK=${text} is not a whole number from 1 on`);
  return Number(text);
}
