/**
 * What a package's package.json says once published. In this repository packages resolve to each other's sources under a condition
 * of their own, and ask for whatever version of each other stands beside them; neither means anything to who installs them.
 */

/** The part of a package.json that this repository uses. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly exports: Exports;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export type Exports = string | { readonly [pathOrCondition: string]: Exports };

/** Leads to the sources, which are not published. */
const SOURCE_CONDITION = '@polyplane/source';
/** Fields that only this repository reads. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['devDependencies', 'scripts', 'publishConfig']);
/** A peer of the same release: changesets would take a real range that a minor release leaves for a breaking change. */
const SAME_RELEASE = '*';

/** @throws Error when a package of this repository is wanted as a peer in another way than `*` */
export function publishedManifest<M extends Manifest>(manifest: M): Manifest {
  const kept = Object.fromEntries(Object.entries(manifest).filter(([field]) => !OWN_FIELDS.has(field)));
  return {
    ...(kept as M),
    exports: withoutSourceCondition(manifest.exports),
    ...(manifest.peerDependencies && { peerDependencies: publishedPeers(manifest.peerDependencies, manifest.version) }),
  };
}

function withoutSourceCondition(exports: Exports): Exports {
  if (typeof exports === 'string') return exports;
  return Object.fromEntries(
    Object.entries(exports)
      .filter(([condition]) => condition !== SOURCE_CONDITION)
      .map(([condition, target]) => [condition, withoutSourceCondition(target)]),
  );
}

/** All packages of a release have one version, and work with what is compatible with it. */
function publishedPeers(peers: Readonly<Record<string, string>>, version: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(peers).map(([name, range]) => {
      if (!name.startsWith('@polyplane/')) return [name, range];
      if (range !== SAME_RELEASE) throw new Error(`the peer ${name} is wanted as ${range}, not as ${SAME_RELEASE}`);
      return [name, `^${version}`];
    }),
  );
}
