/** Feature gates: switches for what a backend does beyond its limit table, until its conformance is proven. */

/** A switch that lifts limits. `alpha`: off unless somebody switches it on; `beta`: on unless somebody switches it off. */
export interface FeatureGate {
  /** In upper camel case, as Kubernetes names its own: `EbpfIpv6`. Several limits may be lifted by one gate. */
  readonly name: string;
  readonly stage: 'alpha' | 'beta';
}

/** The gates that somebody switched, by name: true is on. */
export type FeatureGates = Readonly<Record<string, boolean>>;

/** Whether a gate is on. */
export function isGateOn({ name, stage }: FeatureGate, switched: FeatureGates): boolean {
  return (Object.hasOwn(switched, name) ? switched[name] : undefined) ?? stage === 'beta';
}
