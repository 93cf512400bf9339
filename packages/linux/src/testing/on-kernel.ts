/** Specs that make network namespaces: they run as root, and are skipped by name elsewhere. */

const obstacle = process.getuid?.() === 0 ? undefined : 'not root';

/** Describes what holds of the kernel of this machine. */
export function describeOnKernel(title: string, body: () => void): void {
  if (obstacle === undefined) describe(title, body);
  else describe.skip(`${title} (skipped: ${obstacle})`, body);
}
