import type { Fault } from '@samspill/kernel';

/** A request that cannot be answered as asked, with the status and the code that the caller gets. */
export class HttpProblem extends Error {
  override readonly name: string = 'HttpProblem';

  /**
   * @param status 4xx
   * @param code stable, e.g. `contact.not-found`
   * @param detail a sentence for a person
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(`${code}: ${detail}`);
  }
}
