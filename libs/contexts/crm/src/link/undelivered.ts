import type { CommandContext, EventLog, LedgerEntry } from '@samspill/eventlog';
import { isRejection, parseStream, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import { REACTOR_OF } from './link-overview.js';
import { TRANSFERS, type Transfer } from './link-status.js';

const TRANSFER_OF: Readonly<Record<string, Transfer>> = {
  customer: 'customers',
  person: 'persons',
  order: 'orders',
};

/** What the CRM has refused of one company, and trying it again: one, some, all. */
export class Undelivered {
  constructor(private readonly eventLog: Pick<EventLog, 'reactors' | 'audit'>) {}

  async page(
    company: CompanyId,
    transfer: Transfer,
    query: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<{ readonly entries: readonly LedgerEntry[]; readonly next?: string } | Rejection> {
    return await this.eventLog.reactors.undelivered(REACTOR_OF[transfer], { ...query, company });
  }

  /** @param things as they are listed; if one of them is not, nothing is done */
  async retry(
    company: CompanyId,
    things: readonly string[],
    context: CommandContext,
  ): Promise<number | Rejection> {
    const foreign = things.filter((thing) => !isOf(company, thing));
    if (foreign.length > 0)
      return reject(
        'undelivered.not-found',
        `Nothing undelivered of this company is called ${foreign.join(', ')}.`,
      );
    let tried = 0;
    for (const transfer of TRANSFERS) {
      const own = things.filter((thing) => transferOf(thing) === transfer);
      if (own.length === 0) continue;
      const outcome = await this.#retry(transfer, { things: own }, context);
      if (isRejection(outcome)) return outcome;
      tried += outcome.tried;
    }
    return tried;
  }

  async retryAll(company: CompanyId, context: CommandContext): Promise<number | Rejection> {
    let tried = 0;
    for (const transfer of TRANSFERS) {
      let after: string | undefined;
      do {
        const outcome = await this.#retry(transfer, { company, after }, context);
        if (isRejection(outcome)) return outcome;
        tried += outcome.tried;
        after = outcome.next;
      } while (after !== undefined);
    }
    return tried;
  }

  async #retry(
    transfer: Transfer,
    selection: Parameters<EventLog['reactors']['retry']>[1],
    context: CommandContext,
  ): Promise<{ readonly tried: number; readonly next?: string } | Rejection> {
    const reactor = REACTOR_OF[transfer];
    return await this.eventLog.audit.around(
      { kind: 'delivery-retry', scope: { reactor } },
      context,
      () => this.eventLog.reactors.retry(reactor, selection),
      (outcome) => (isRejection(outcome) ? {} : { counts: { tried: outcome.tried } }),
    );
  }
}

function isOf(company: CompanyId, thing: string): boolean {
  return transferOf(thing) !== undefined && parseStream(thing).parts[0] === company;
}

function transferOf(thing: string): Transfer | undefined {
  return TRANSFER_OF[parseStream(thing).category];
}
