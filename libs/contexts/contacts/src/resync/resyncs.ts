import type { CommandContext } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import { readEntities } from '@samspill/platform';
import { LessThan, type DataSource } from 'typeorm';
import { rejectedRowsCsv } from '../csv/rejected-rows.js';
import { viewOf, summaryOf, type ImportSummary, type ImportView } from './import-view.js';
import { rejectedLines } from './rejected-lines.js';
import { resyncDecider, resyncStream, type ResyncCommand } from './resync.decider.js';
import { ResyncEntry } from './resync.entity.js';
import type { ResyncRow } from './resync.projection.js';
import { tidyResync, type ResyncDependencies } from './resync-run.js';
import type { ResyncRunner } from './resync-runner.js';
import { readResync } from './resync-stream.js';
import { alongside, findWork, REJECTED_ROWS_KEPT_DAYS } from './resync-work.js';

/** What can be asked of a company's resyncs, and said to them. */
export class Resyncs {
  constructor(
    private readonly dependencies: ResyncDependencies,
    private readonly dataSource: DataSource,
    private readonly runner: Pick<ResyncRunner, 'wake'>,
  ) {}

  /** As it stands now. @returns code `import.not-found` */
  async find(company: CompanyId, id: string, context: CommandContext): Promise<ImportView | Rejection> {
    const row = await this.#row(company, id, context);
    return isRejection(row) ? row : viewOf(row, await findWork(this.dependencies.database, id));
  }

  /** Newest first, by the primary key of the read table. @param before id that the page before ended with */
  async list(company: CompanyId, limit: number, before?: string): Promise<readonly ImportSummary[]> {
    const entries = await readEntities(this.dataSource, company, (manager) =>
      manager.getRepository(ResyncEntry).find({
        where: { company, ...(before === undefined ? {} : { id: LessThan(before) }) },
        order: { id: 'DESC' },
        take: limit,
      }),
    );
    return entries.map((entry) => summaryOf(rowOf(entry)));
  }

  /** @returns codes of {@link CompanyAccess}, `import.not-found`, `import.state-conflict`, `import.removals-conflict` */
  async confirm(
    company: CompanyId,
    id: string,
    removals: number | undefined,
    context: CommandContext,
  ): Promise<ImportView | Rejection> {
    const refusal = await this.dependencies.access.refusal(company);
    if (refusal) return refusal;
    const view = await this.#decide(company, id, { kind: 'confirm', removals }, context);
    this.runner.wake();
    return view;
  }

  /** Before it runs. @returns codes `import.not-found`, `import.state-conflict` */
  async cancel(company: CompanyId, id: string, context: CommandContext): Promise<ImportView | Rejection> {
    const view = await this.#decide(
      company,
      id,
      { kind: 'cancel', reason: `Cancelled by ${context.actor}.` },
      context,
    );
    if (!isRejection(view)) await tidyResync(this.dependencies.database, id);
    return view;
  }

  /** The rejected rows as a CSV file to mend and send again. @returns code `import.rejected-rows-not-found` */
  async rejectedRows(
    company: CompanyId,
    id: string,
    context: CommandContext,
  ): Promise<AsyncIterable<string> | Rejection> {
    const row = await this.#row(company, id, context);
    if (isRejection(row)) return row;
    const work = await findWork(this.dependencies.database, id);
    if (!work) {
      return reject(
        'import.rejected-rows-not-found',
        `Rejected rows are kept for ${REJECTED_ROWS_KEPT_DAYS} days; these are gone.`,
      );
    }
    return rejectedRowsCsv(work.file, rejectedLines(this.dependencies.database, id));
  }

  async #row(company: CompanyId, id: string, context: CommandContext): Promise<ResyncRow | Rejection> {
    const row = await readResync(this.dependencies.eventLog, id, context);
    return row?.company === company ? row : reject('import.not-found', `This company has no import ${id}.`);
  }

  async #decide(
    company: CompanyId,
    id: string,
    command: Extract<ResyncCommand, { kind: 'confirm' | 'cancel' }>,
    context: CommandContext,
  ): Promise<ImportView | Rejection> {
    const row = await this.#row(company, id, context);
    if (isRejection(row)) return row;
    const decided = await this.dependencies.eventLog.transact(context, async (unit) => {
      const outcome = await unit.decide(resyncDecider, { stream: resyncStream(id), key: company }, command);
      // Nothing was decided where it had been said before: the work has gone on since.
      if (isRejection(outcome) || unit.isEmpty) return outcome;
      if (command.kind === 'confirm') alongside.confirmed(unit, id);
      else alongside.ended(unit, id);
      return outcome;
    });
    return isRejection(decided) ? decided : await this.find(company, id, context);
  }
}

function rowOf(entry: ResyncEntry): ResyncRow {
  const { company, id, state, scopes, removes, amends, rows, rejected, preview, outcome, reason } = entry;
  return {
    ...{ company, id, state, scopes, removes, amends, rows, rejected, preview, outcome, reason },
    file_name: entry.fileName,
    started_at: entry.startedAt.toISOString(),
    started_by: entry.startedBy,
    received_at: entry.receivedAt?.toISOString() ?? null,
    held_of: entry.heldOf,
    confirmed_at: entry.confirmedAt?.toISOString() ?? null,
    confirmed_by: entry.confirmedBy,
    ended_at: entry.endedAt?.toISOString() ?? null,
  };
}
