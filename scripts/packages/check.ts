/**
 * Proves that the packages can be used as published: packs them, has the tarballs judged, installs them in an empty project, and runs
 * what a user would write there. `npm run packages`; one line a step, and the first that fails ends it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stagePackages } from './stage';
import { judgeTarball, packTarball } from './tarball';
import { installGlobally, installInEmptyProject, installThirdParty, USES, useSuite, useThirdParty } from './uses';

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'polyplane-packages-'));
  try {
    checkPackages(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkPackages(folder: string): void {
  const packages = step('the packages are laid out as published', stagePackages);
  const tarballs = packages.map((staged) =>
    step(`${staged.manifest.name} is packed and found sound`, () => {
      const tarball = packTarball(staged, folder);
      judgeTarball(tarball, staged);
      return tarball;
    }),
  );
  const project = join(folder, 'project');
  step('all are installed in an empty project', () => installInEmptyProject(tarballs, project));
  const [version = ''] = packages.map(({ manifest }) => manifest.version);
  for (const [name, use] of Object.entries(USES)) step(name, () => use(project, version));
  const thirdParty = join(folder, 'third-party');
  const module = join(thirdParty, 'backend.cjs');
  step('a third party has copies of its own', () => installThirdParty(tarballs, thirdParty));
  step("the command takes a third party's backend", () =>
    useThirdParty(['npx', '--no-install', 'polyplane'], project, module),
  );
  const prefix = join(folder, 'global');
  const command = join(prefix, 'bin', 'polyplane');
  step('the command is installed globally', () => installGlobally(tarballs, prefix));
  step('it runs a bundled suite by its name', () => useSuite([command], project));
  step("it takes a third party's backend", () => useThirdParty([command], project, module));
}

function step<T>(name: string, action: () => T): T {
  const started = performance.now();
  try {
    const result = action();
    console.log(`ok      ${name} (${seconds(started)} s)`);
    return result;
  } catch (error) {
    console.log(`FAILED  ${name} (${seconds(started)} s)`);
    if (hasOutput(error)) console.log(`${error.stdout}${error.stderr}`);
    throw error;
  }
}

/** A command that failed and whose output was kept for now. */
function hasOutput(error: unknown): error is Error & { readonly stdout: unknown; readonly stderr: unknown } {
  return error instanceof Error && 'stdout' in error && error.stdout !== null;
}

function seconds(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}

main();
