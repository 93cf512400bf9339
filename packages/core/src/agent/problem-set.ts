/** What a node agent's source was given and cannot be used, or takes no effect: all of it, and how it changes. */
import type { CoreErrorCode } from '../core-error';
import type { ResourceProblem } from '../resources/resource-problem';

/** One problem. Two with the same code, message and place are one. */
export interface AgentProblem extends ResourceProblem {
  readonly code: CoreErrorCode;
  readonly message: string;
}

/** All problems that hold, and what this step changed. */
export interface ProblemsChange {
  readonly current: readonly AgentProblem[];
  readonly met: readonly AgentProblem[];
  readonly cleared: readonly AgentProblem[];
}

export class ProblemSet {
  #byId: ReadonlyMap<string, AgentProblem> = new Map();
  #current: readonly AgentProblem[] = Object.freeze([]);

  get current(): readonly AgentProblem[] {
    return this.#current;
  }

  /** From now on exactly these hold; undefined when they are those that held before. */
  replace(problems: readonly ResourceProblem[]): ProblemsChange | undefined {
    const before = this.#byId;
    const now = new Map<string, AgentProblem>();
    for (const problem of problems) {
      const id = idOf(problem);
      if (!now.has(id)) now.set(id, before.get(id) ?? agentProblem(problem));
    }
    const met = [...now].filter(([id]) => !before.has(id)).map(([, problem]) => problem);
    const cleared = [...before].filter(([id]) => !now.has(id)).map(([, problem]) => problem);
    if (met.length + cleared.length === 0) return undefined;
    this.#byId = now;
    this.#current = Object.freeze([...now.values()]);
    return Object.freeze({ current: this.#current, met: Object.freeze(met), cleared: Object.freeze(cleared) });
  }
}

function agentProblem(problem: ResourceProblem): AgentProblem {
  const { object } = problem;
  const { code, message } = problem.error;
  return Object.freeze({ ...problem, ...(object && { object: Object.freeze({ ...object }) }), code, message });
}

function idOf({ error, file, line }: ResourceProblem): string {
  return JSON.stringify([error.code, error.message, file, line]);
}
