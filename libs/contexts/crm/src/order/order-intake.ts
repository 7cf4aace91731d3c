import type { CommandContext, EventLog, Hold } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import { takeBatch, type BatchAnswer, type BatchName } from '@samspill/platform';
import type { RegisteredCompanies } from '../company/registered-companies.js';
import { readOrderBatch } from './order-batch.js';
import { OrderDesk, orderStreams } from './order-desk.js';

/** Takes in an agent's batches of orders: each once and in its turn, as a whole. */
export class OrderIntake {
  constructor(
    private readonly eventLog: EventLog,
    private readonly companies: RegisteredCompanies,
  ) {}

  /** @param text the company as the path names it */
  async take(
    text: string,
    name: BatchName,
    body: Buffer,
    context: CommandContext,
  ): Promise<BatchAnswer | Rejection> {
    const company = await this.companies.find(text);
    if (isRejection(company)) return company;
    const batch = readOrderBatch(body);
    if (isRejection(batch)) return batch;
    const { contentHash, changes } = batch;
    const streams = orderStreams(
      company,
      changes.map(({ reference }) => reference),
    );
    return await this.eventLog.transact(context, (unit) =>
      takeBatch(unit, {
        ...{ context: 'crm', company, name, contentHash, streams },
        holds: this.eventLog.intake,
        held: intakeHeld,
        apply(heads, id) {
          const desk = new OrderDesk(unit, company, heads);
          for (const change of changes) desk.apply(change, id);
          return desk.counts;
        },
      }),
    );
  }
}

function intakeHeld(company: CompanyId, { since, reason }: Hold): Rejection {
  return reject(
    'company.intake-held',
    `Since ${since} no orders are taken in for this company: they were put back as they were («${reason}»). When its business system has the right ones, an operator lets it go on: samspill revert release --company ${company}.`,
  );
}
