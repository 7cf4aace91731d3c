import type { CommandContext } from '@samspill/eventlog';
import type { Rejection } from '@samspill/kernel';

import type {
  PersonClues,
  PersonErased,
  PersonFindings,
  PersonLifted,
  PersonRecord,
} from './person.answers.js';

/** Whom to forget, or to let in again. */
export interface PersonSelection {
  /** As {@link PersonRequests.find} found them. */
  readonly records: readonly PersonRecord[];
  /** Kept for ever. */
  readonly reason: string;
}

/**
 * What an administrator asks of a service for a person: everything that it keeps about them, and to forget it. Every context answers,
 * also one that keeps nothing, so that one command can ask them all and leave none out.
 */
export interface PersonRequests {
  /**
   * Whose the people are: a `company`'s own, for its administrators to ask about, or of `no-company`, so that what one administrator
   * asked would be about another company's people as well, and only operators may.
   */
  readonly areOf: 'company' | 'no-company';
  /** @param company as the path names it. @returns `…not-found` for one that is not known */
  find(company: string, clues: PersonClues, context: CommandContext): Promise<PersonFindings | Rejection>;
  /** Forgets them, whatever is still known of them. Again is harmless. @returns refusals that name every fault */
  erase(
    company: string,
    selection: PersonSelection & { readonly isDryRun: boolean },
    context: CommandContext,
  ): Promise<PersonErased | Rejection>;
  /** Those who were forgotten may come in again. */
  lift(
    company: string,
    selection: PersonSelection,
    context: CommandContext,
  ): Promise<PersonLifted | Rejection>;
}
