/** The registry: backends by name, and the codes of every package that takes part. */
import { CORE_CODES, CoreError } from '../core-error';
import { type CodeEntry, type CodeTable, codeEntries } from '../errors';
import type { FeatureGate, FeatureGates } from '../limits/feature-gate';
import type { LimitTable } from '../limits/limit';
import { gatesOf } from '../limits/limits-in-force';
import type { DataplaneBackend } from './backend';

/** The backends that an agent or the command may choose from; a third party's stands beside ours. */
export class BackendRegistry {
  readonly #byName = new Map<string, DataplaneBackend>();

  /** @throws CoreError PP_BACKEND_INVALID; PP_BACKEND_DUPLICATE when two backends share a name */
  constructor(backends: readonly DataplaneBackend[]) {
    for (const backend of backends) {
      requireParts(backend);
      if (this.#byName.has(backend.name)) {
        throw new CoreError('PP_BACKEND_DUPLICATE', `two backends are named ${JSON.stringify(backend.name)}`);
      }
      this.#byName.set(backend.name, backend);
    }
  }

  /** In the order in which they were registered. */
  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @throws CoreError PP_BACKEND_UNKNOWN, listing the names that exist */
  get(name: string): DataplaneBackend {
    const backend = this.#byName.get(name);
    if (backend !== undefined) return backend;
    throw new CoreError(
      'PP_BACKEND_UNKNOWN',
      `no backend is named ${JSON.stringify(name)}; there is ${this.#listNames()}`,
    );
  }

  /**
   * The backend of that name; without a name, the only one there is.
   * @throws CoreError PP_BACKEND_UNKNOWN
   */
  choose(name: string | undefined): DataplaneBackend {
    if (name !== undefined) return this.get(name);
    const [only, ...others] = this.#byName.values();
    if (only !== undefined && others.length === 0) return only;
    throw new CoreError('PP_BACKEND_UNKNOWN', `no backend is chosen; there is ${this.#listNames()}`);
  }

  /** The feature gates of all backends, by name. */
  get featureGates(): readonly FeatureGate[] {
    const gates = [...this.#byName.values()].flatMap(({ limits }) => gatesOf(limits));
    const byName = new Map(gates.map((gate) => [gate.name, gate]));
    return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * A gate that no backend has would be a false promise; one of a backend that is not chosen may stay switched.
   * @throws CoreError PP_FEATURE_GATE_UNKNOWN, listing the gates that exist
   */
  requireFeatureGates(switched: FeatureGates): void {
    const known = this.featureGates.map(({ name }) => name);
    const unknown = Object.keys(switched).find((name) => !known.includes(name));
    if (unknown === undefined) return;
    const there = known.length === 0 ? 'no backend has any' : `there is ${known.join(', ')}`;
    throw new CoreError('PP_FEATURE_GATE_UNKNOWN', `no feature gate is named ${JSON.stringify(unknown)}; ${there}`);
  }

  /**
   * Every code of core, of the backends and of their limits, and of `tables`, sorted by code.
   * @throws CoreError PP_BACKEND_DUPLICATE when one code is explained in two ways
   */
  codes(...tables: readonly CodeTable[]): readonly CodeEntry[] {
    const backends = [...this.#byName.values()];
    const entries = [
      ...[CORE_CODES, ...backends.map((backend) => backend.codes), ...tables].flatMap(codeEntries),
      ...backends.flatMap((backend) => limitEntries(backend.limits)),
    ];
    const byCode = new Map<string, CodeEntry>();
    for (const entry of entries) {
      const known = byCode.get(entry.code);
      if (known !== undefined && (known.meaning !== entry.meaning || known.remedy !== entry.remedy)) {
        throw new CoreError('PP_BACKEND_DUPLICATE', `the code ${entry.code} is explained in two ways`);
      }
      byCode.set(entry.code, entry);
    }
    return [...byCode.values()].sort((a, b) => a.code.localeCompare(b.code, 'en'));
  }

  #listNames(): string {
    return this.names.length === 0 ? 'none' : this.names.join(', ');
  }
}

function limitEntries(limits: LimitTable): readonly CodeEntry[] {
  return limits.map(({ code, message, remedy }) => ({ code, kind: 'diagnostic', meaning: message, remedy }));
}

const NAME = /^[a-z0-9][a-z0-9-]*$/;

/** A third party's module may bind anything; what is no backend is told here, and not where its parts are missed. */
function requireParts(backend: Partial<DataplaneBackend>): void {
  const { name, limits, behaviours, codes, probe, open } = backend;
  const parts: readonly (readonly [what: string, isThere: boolean])[] = [
    ['a name of lower-case letters, digits and dashes', typeof name === 'string' && NAME.test(name)],
    ['limits', Array.isArray(limits)],
    ['behaviours', typeof behaviours === 'object' && behaviours !== null],
    ['codes', typeof codes === 'object' && codes !== null],
    ['probe', typeof probe === 'function'],
    ['open', typeof open === 'function'],
  ];
  const missing = parts.filter(([, isThere]) => !isThere).map(([what]) => what);
  if (missing.length === 0) return;
  const message = `what is bound as the backend ${JSON.stringify(name)} lacks ${missing.join(', ')}`;
  throw new CoreError('PP_BACKEND_INVALID', message);
}
