import type { Product } from '@samspill/contracts';
import type { CompanyId, Fault } from '@samspill/kernel';
import type { CompanyState } from './company.decider.js';

/** The call that takes someone on. */
export interface NextStep {
  readonly description: string;
  readonly method: 'POST' | 'PUT';
  readonly path: string;
}

/** One step on the way to a product's synchronisation: whether it is done, why it matters, and what to do where it is not. */
export interface SetUpStep {
  /** Stable, e.g. `company-registered`. */
  readonly prerequisite: string;
  readonly state: 'done' | 'missing';
  readonly why: string;
  readonly next: NextStep | undefined;
}

export interface SetUp {
  readonly product: Product;
  /** Nothing is missing: records are synchronised. */
  readonly isComplete: boolean;
  readonly steps: readonly SetUpStep[];
}

const COMPANIES_PATH = '/api/identity/v1/companies';

/** Everything that must be in place before synchronisation can be switched on (C25), in the order in which it is done. */
export function prerequisitesOf(company: CompanyState): readonly SetUpStep[] {
  return [
    step(
      'company-registered',
      company.kind === 'registered',
      'Nothing of a company is synchronised before it is registered.',
      {
        description: 'Register the company',
        method: 'POST',
        path: COMPANIES_PATH,
      },
    ),
  ];
}

/** The prerequisites of a company and, last, the switch itself (C2). */
export function setUpOf(id: CompanyId, company: CompanyState, product: Product): SetUp {
  const isOn = company.kind === 'registered' && company.enabled.has(product);
  const switchOn = step(
    'synchronisation-on',
    isOn,
    `Records come in only while synchronisation of ${product} is switched on for the company.`,
    {
      description: `Switch synchronisation of ${product} on: {"enabled": true}`,
      method: 'PUT',
      path: `${COMPANIES_PATH}/${id}/synchronisation/${product}`,
    },
  );
  const steps = [...prerequisitesOf(company), switchOn];
  return { product, isComplete: steps.every(({ state }) => state === 'done'), steps };
}

/** Missing steps as an answer to someone who wanted to go past them names them. */
export function faultsOf(missing: readonly SetUpStep[]): readonly Fault[] {
  return missing.map(({ prerequisite, why, next }) => ({
    pointer: '',
    code: `prerequisite.${prerequisite}`,
    detail: next ? `${why} ${next.description}: ${next.method} ${next.path}` : why,
  }));
}

function step(prerequisite: string, isDone: boolean, why: string, next: NextStep): SetUpStep {
  return { prerequisite, why, ...(isDone ? { state: 'done', next: undefined } : { state: 'missing', next }) };
}
