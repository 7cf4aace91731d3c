import { isContactKind } from '@samspill/contracts';
import type { CommandContext, EventLog, Unit } from '@samspill/eventlog';
import type { CompanyId, Rejection } from '@samspill/kernel';
import { readEntities } from '@samspill/platform';
import type { DataSource, EntityManager, SelectQueryBuilder } from 'typeorm';
import type { CompanyAccess } from '../company/company-access.js';
import { applyChange, referenceOf } from '../intake/apply-change.js';
import { readChange, type Change } from '../intake/batch.js';
import { RecordDesk, type RecordReference } from '../intake/record-desk.js';
import { SyncReportEntry } from './sync-report.entity.js';

/** Records tried again in one transaction. */
const RETRY_PAGE = 500;

/** Where a page of the report ended. */
export interface ReportCursor {
  readonly rejectedAt: string;
  readonly kind: string;
  readonly reference: string;
}

export interface RetryResult {
  /** Came in now. */
  readonly accepted: number;
  /** Were refused again and stay in the report. */
  readonly rejected: number;
}

/** What has not been synchronised and why, and trying it again: one, a selection, all (C32). */
export class SyncReport {
  constructor(
    private readonly eventLog: Pick<EventLog, 'transact'>,
    private readonly dataSource: DataSource,
    private readonly access: CompanyAccess,
  ) {}

  /** Newest first. Uses the index `newest` of the read table. */
  async page(company: CompanyId, limit: number, after?: ReportCursor): Promise<readonly SyncReportEntry[]> {
    return await readEntities(this.dataSource, company, (manager) =>
      pageQuery(manager, company, limit, after).getMany(),
    );
  }

  async retry(
    company: CompanyId,
    references: readonly RecordReference[],
    context: CommandContext,
  ): Promise<RetryResult | Rejection> {
    const refusal = await this.access.refusal(company);
    if (refusal) return refusal;
    const entries = await this.#entries(company, references);
    return await this.#retryEntries(company, entries, context);
  }

  /** Tries everything that stands in the report when the call begins. */
  async retryAll(company: CompanyId, context: CommandContext): Promise<RetryResult | Rejection> {
    const refusal = await this.access.refusal(company);
    if (refusal) return refusal;
    const total = { accepted: 0, rejected: 0 };
    let after: ReportCursor = { rejectedAt: context.now.toISOString(), kind: '', reference: '' };
    for (;;) {
      const entries = await this.page(company, RETRY_PAGE, after);
      const last = entries.at(-1);
      if (!last) return total;
      const result = await this.#retryEntries(company, entries, context);
      total.accepted += result.accepted;
      total.rejected += result.rejected;
      after = { rejectedAt: last.rejectedAt.toISOString(), kind: last.kind, reference: last.reference };
    }
  }

  /** Takes rejections off the report without the record having come in; returns how many stood there. */
  async dismiss(
    company: CompanyId,
    references: readonly RecordReference[],
    context: CommandContext,
  ): Promise<number> {
    return await this.eventLog.transact(context, async (unit) => {
      const desk = await RecordDesk.open(unit, company, references);
      return references.filter((reference) => desk.dismiss(reference)).length;
    });
  }

  async #retryEntries(
    company: CompanyId,
    entries: readonly SyncReportEntry[],
    context: CommandContext,
  ): Promise<RetryResult> {
    if (entries.length === 0) return { accepted: 0, rejected: 0 };
    return await this.eventLog.transact(context, async (unit) => await retryInUnit(unit, company, entries));
  }

  async #entries(
    company: CompanyId,
    references: readonly RecordReference[],
  ): Promise<readonly SyncReportEntry[]> {
    if (references.length === 0) return [];
    const where = references.map(({ kind, reference }) => ({ company, kind, reference }));
    return await readEntities(this.dataSource, company, (manager) =>
      manager.getRepository(SyncReportEntry).find({ where }),
    );
  }
}

function pageQuery(
  manager: EntityManager,
  company: CompanyId,
  limit: number,
  after: ReportCursor | undefined,
): SelectQueryBuilder<SyncReportEntry> {
  const query = manager
    .getRepository(SyncReportEntry)
    .createQueryBuilder('entry')
    .where('entry.company = :company', { company })
    .orderBy({ 'entry.rejectedAt': 'DESC', 'entry.kind': 'ASC', 'entry.reference': 'ASC' })
    .limit(limit);
  if (after) {
    query.andWhere(
      '(entry.rejectedAt < :at OR (entry.rejectedAt = :at AND (entry.kind, entry.reference) > (:kind, :reference)))',
      { at: after.rejectedAt, kind: after.kind, reference: after.reference },
    );
  }
  return query;
}

async function retryInUnit(
  unit: Unit,
  company: CompanyId,
  entries: readonly SyncReportEntry[],
): Promise<RetryResult> {
  const retries: { readonly entry: SyncReportEntry; readonly change: Change }[] = [];
  for (const entry of entries) {
    const change = readChange(entry.change, entry.sourceLine);
    if (!('pointer' in change)) retries.push({ entry, change });
  }
  const own = entries.flatMap(({ kind, reference }) => (isContactKind(kind) ? [{ kind, reference }] : []));
  const desk = await RecordDesk.open(unit, company, [
    ...own,
    ...retries.map(({ change }) => referenceOf(change)),
  ]);
  // The report may be behind: what has come in since, or was refused anew, must not give way to what was refused before.
  const standing = retries.filter(({ entry: { kind, reference, sourceKind, sourceId, sourceLine } }) => {
    const source = { kind: sourceKind, id: sourceId, line: sourceLine };
    return isContactKind(kind) && desk.isRefused({ kind, reference }, source);
  });
  for (const { entry, change } of standing) {
    // The reference of a record without a number was made of what was sent; read back from the report, that may be written otherwise.
    const again = change.kind === 'bad' ? { ...change, reference: entry.reference } : change;
    applyChange(desk, again, {
      kind: entry.sourceKind === 'import' ? 'import' : 'batch',
      id: entry.sourceId,
    });
  }
  return {
    accepted: standing.length - desk.counts.rejected,
    rejected: desk.counts.rejected + entries.length - retries.length,
  };
}
