import type { BatchEvent, IntakeCounts } from '@samspill/contracts';
import type { CommandContext, EventLog, IntakeHolds, Unit } from '@samspill/eventlog';
import {
  isRejection,
  reject,
  streamName,
  type CompanyId,
  type Recorded,
  type Rejection,
} from '@samspill/kernel';
import { intakeHeld, type CompanyAccess } from '../company/company-access.js';
import { applyChange, referenceOf } from './apply-change.js';
import { readBatch, type Batch } from './batch.js';
import { RecordDesk, streamsOf } from './record-desk.js';

/** Which batch this is, said by the agent that sends it. */
export interface BatchName {
  /** The agent's name; stays the same when it is installed anew. */
  readonly agent: string;
  /** New whenever the agent has lost what it knew, so that its counting from 1 is not taken for repeats. */
  readonly incarnation: string;
  /** Counts from 1 in the incarnation, without holes. */
  readonly sequence: number;
}

export interface BatchAnswer extends IntakeCounts {
  /** The batch had been taken in before; nothing was done now. */
  readonly repeated: boolean;
}

/**
 * Takes in an agent's batches: each once and in its turn, as a whole. Batches of an incarnation are a stream whose version is the
 * sequence number, so a repeat finds its event and two at once cannot both win.
 */
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
    return await this.eventLog.transact(context, async (unit) => {
      const { intake } = this.eventLog;
      return await takeBatch(unit, intake, company, name, batch);
    });
  }
}

async function takeBatch(
  unit: Unit,
  intake: IntakeHolds,
  company: CompanyId,
  name: BatchName,
  batch: Batch,
): Promise<BatchAnswer | Rejection> {
  const stream = streamName('contacts.batch', company, name.agent, name.incarnation);
  const references = batch.changes.map(referenceOf);
  const holds = intake.stream(company);
  const heads = await unit.heads([stream, holds, ...streamsOf(company, references)]);
  const last = heads.get(stream)?.version ?? 0;
  if (name.sequence <= last) return repeated(await unit.eventAt(stream, name.sequence), name, batch);
  const hold = intake.of(heads.get(holds));
  if (hold) return intakeHeld(company, hold);
  if (name.sequence !== last + 1) {
    return reject(
      'batch.sequence-conflict',
      `The next batch of this incarnation is number ${last + 1}; ${name.sequence} came.`,
      [{ pointer: '/query/sequence', code: 'sequence.gap', detail: `Send number ${last + 1} first.` }],
    );
  }
  const desk = RecordDesk.with(unit, company, references, heads);
  for (const change of batch.changes)
    applyChange(desk, change, { kind: 'batch', id: `${name.agent}/${name.incarnation}/${name.sequence}` });
  const { counts } = desk;
  const accepted: BatchEvent = {
    type: 'contacts.batch.accepted',
    data: { ...name, contentHash: batch.contentHash, counts },
  };
  unit.append({ stream, key: company }, last, [accepted]);
  return { ...counts, repeated: false };
}

function repeated(event: Recorded | undefined, name: BatchName, batch: Batch): BatchAnswer | Rejection {
  // The stream holds nothing else, and the catalogue has checked it.
  const accepted = event as Recorded<BatchEvent> | undefined;
  if (accepted?.data.contentHash === batch.contentHash) return { ...accepted.data.counts, repeated: true };
  return reject(
    'batch.content-conflict',
    `Batch ${name.sequence} of this incarnation was taken in with other content. An agent that has lost its state starts a new incarnation.`,
  );
}
