import type { Fault } from '@samspill/kernel';

/** The call that takes someone on. */
export interface NextStep {
  readonly description: string;
  readonly method: 'POST' | 'PUT';
  readonly path: string;
}

/** One step on the way to a product: whether it is done, why it matters, what there is now, and what to do where it is not done. */
export interface SetUpStep {
  /** Stable, e.g. `company-registered`. */
  readonly prerequisite: string;
  readonly state: 'done' | 'missing';
  readonly why: string;
  /** What is there now, where that says more than the state. */
  readonly found?: string;
  readonly next: NextStep | undefined;
}

export function step(
  prerequisite: string,
  isDone: boolean,
  why: string,
  next: NextStep,
  found?: string,
): SetUpStep {
  const said = { prerequisite, why, ...(found !== undefined && { found }) };
  return { ...said, ...(isDone ? { state: 'done', next: undefined } : { state: 'missing', next }) };
}

/** Missing steps as an answer to someone who wanted to go past them names them. */
export function faultsOf(missing: readonly SetUpStep[]): readonly Fault[] {
  return missing.map(({ prerequisite, why, found, next }) => ({
    pointer: '',
    code: `prerequisite.${prerequisite}`,
    detail: [why, found, next && `${next.description}: ${next.method} ${next.path}`]
      .filter((part) => part !== undefined)
      .join(' '),
  }));
}
