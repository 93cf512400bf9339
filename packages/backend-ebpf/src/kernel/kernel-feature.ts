/** What a kernel can do, found out by trying it: never guessed from its version. */

/** What trying a feature showed. `unknown`: the attempt failed for a reason that says nothing of the feature. */
export type FeatureAnswer =
  | { readonly support: 'yes' | 'no' }
  | { readonly support: 'unknown'; readonly reason: string };

/** A feature of the kernel that the dataplane uses. */
export interface KernelFeature {
  /** In the words of the kernel's own documentation. */
  readonly what: string;
  /** The first release of Linux that has it, for people who choose a kernel. */
  readonly since: string;
  /** Whether the dataplane can do without. */
  readonly isRequired: boolean;
  /** Tries it, and leaves nothing behind. */
  ask(): FeatureAnswer;
}

/** Answers that were given. An `unknown` is no answer: it is asked again the next time. */
export class FeatureAnswers {
  private readonly known = new Map<KernelFeature, FeatureAnswer>();

  answerOf(feature: KernelFeature): FeatureAnswer {
    const known = this.known.get(feature);
    if (known !== undefined) return known;
    const answer = feature.ask();
    if (answer.support !== 'unknown') this.known.set(feature, answer);
    return answer;
  }
}
