// What `npm ci` on someone else's machine needs of package-lock.json, and what it must not say.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

interface LockedPackage {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe('package-lock.json', () => {
  const lock = JSON.parse(readFileSync(join(__dirname, '../package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const installed = Object.entries(lock.packages);

  it('holds no download address', () => {
    const addresses = installed.filter(([, locked]) => locked.resolved && !locked.link).map(([path]) => path);
    expect(addresses).to.deep.equal([]);
  });

  it('holds every dependency, also those of other platforms', () => {
    const missing = installed.flatMap(([path, locked]) =>
      Object.keys({ ...locked.dependencies, ...locked.devDependencies, ...locked.optionalDependencies })
        .filter((name) => !resolves(path, name))
        .map((name) => `${path} needs ${name}`),
    );
    expect(missing).to.deep.equal([]);
  });

  it("agrees with each package's package.json", () => {
    for (const [path, locked] of installed.filter(([path]) => !path.includes('node_modules/'))) {
      const manifest = JSON.parse(readFileSync(join(__dirname, '..', path, 'package.json'), 'utf8')) as LockedPackage;
      expect(locked.dependencies, path).to.deep.equal(manifest.dependencies);
      expect(locked.devDependencies, path).to.deep.equal(manifest.devDependencies);
    }
  });

  /** Node's own search: the package's node_modules, then those of each folder above it. */
  function resolves(from: string, name: string): boolean {
    for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/'), 0))) {
      const candidate = lock.packages[folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`];
      if (candidate && (candidate.link || candidate.version)) return true;
      if (folder === '') return false;
    }
  }
});
