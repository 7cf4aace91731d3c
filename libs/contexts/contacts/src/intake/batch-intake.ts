import type { CommandContext, EventLog } from '@samspill/eventlog';
import { isRejection, type Rejection } from '@samspill/kernel';
import { takeBatch, type BatchAnswer, type BatchName } from '@samspill/platform';
import { intakeHeld, type CompanyAccess } from '../company/company-access.js';
import { applyChange, referenceOf } from './apply-change.js';
import { readBatch } from './batch.js';
import { RecordDesk, streamsOf } from './record-desk.js';

/** Takes in an agent's batches: each once and in its turn, as a whole. */
export class BatchIntake {
  constructor(
    private readonly eventLog: EventLog,
    private readonly access: CompanyAccess,
  ) {}

  /** @param text the company as the path names it */
  async take(
    text: string,
    name: BatchName,
    body: Buffer,
    context: CommandContext,
  ): Promise<BatchAnswer | Rejection> {
    const company = await this.access.synchronised(text);
    if (isRejection(company)) return company;
    const batch = readBatch(body);
    if (isRejection(batch)) return batch;
    const { contentHash, changes } = batch;
    const references = changes.map(referenceOf);
    return await this.eventLog.transact(context, (unit) =>
      takeBatch(unit, {
        context: 'contacts',
        company,
        name,
        contentHash,
        holds: this.eventLog.intake,
        held: intakeHeld,
        streams: streamsOf(company, references),
        apply(heads, id) {
          const desk = RecordDesk.with(unit, company, references, heads);
          for (const change of changes) applyChange(desk, change, { kind: 'batch', id });
          return desk.counts;
        },
      }),
    );
  }
}
