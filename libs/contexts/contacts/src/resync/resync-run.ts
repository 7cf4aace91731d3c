import { setTimeout as delay } from 'node:timers/promises';
import type { ContactKind, ResyncCounts } from '@samspill/contracts';
import type { CommandContext, Database, EventLog, Logger } from '@samspill/eventlog';
import { isRejection, type Recorded } from '@samspill/kernel';
import type { CompanyAccess } from '../company/company-access.js';
import { RecordDesk } from '../intake/record-desk.js';
import { resyncDecider, resyncStream } from './resync.decider.js';
import { ResyncLock } from './resync-lock.js';
import { doSteps, nextSteps, type Step } from './resync-steps.js';
import { alongside, findWork, markTidied, reportWaiting, type Work } from './resync-work.js';
import { readResync } from './resync-stream.js';
import { tidy } from './staging.js';

/** Records of one transaction: enough for the throughput of large appends, few enough to be over in a blink. */
export const BATCH_STEPS = 1_000;
/** Unpublished events above which an import waits, so that what others change meanwhile is not stuck behind it. */
const BACKLOG_MAX_EVENTS = 20_000;
const BACKLOG_PAUSE_MS = 100;

const BATCH_SQL =
  'INSERT INTO contacts.resync_batch (resync, after_step, up_to_step, counts) VALUES ($1, $2, $3, $4)';

const DONE_SQL = `
  SELECT c.kind, sum(c.created)::int AS created, sum(c.changed)::int AS changed, sum(c.deleted)::int AS deleted
  FROM contacts.resync_batch b
  CROSS JOIN LATERAL jsonb_to_recordset(b.counts) AS c (kind text, created int, changed int, deleted int)
  WHERE b.resync = $1 GROUP BY c.kind`;

export interface ResyncDependencies {
  readonly eventLog: Pick<EventLog, 'transact' | 'settled' | 'backlog' | 'intake'>;
  readonly database: Database;
  readonly access: CompanyAccess;
  readonly logger: Logger;
}

/** How a run ended: with the resync done, or before that, to be taken up again. */
export type RunOutcome = 'completed' | 'waiting' | 'elsewhere' | 'stopped';

/**
 * Does what a confirmed resync has planned, from wherever it was left. Events, work rows and the position move in one transaction, so
 * that a kill at any point leaves nothing done twice or counted wrong.
 */
export async function runResync(
  id: string,
  dependencies: ResyncDependencies,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const lock = await ResyncLock.take(dependencies.database, id);
  if (!lock) return 'elsewhere';
  try {
    const work = await findWork(dependencies.database, id);
    if (work?.state !== 'running') return 'elsewhere';
    const outcome = await new Run(work, dependencies).toTheEnd(signal);
    if (outcome === 'completed') await tidyResync(dependencies.database, id);
    return outcome;
  } finally {
    await lock.release();
  }
}

/** Removes what an ended resync has staged, but for its rejected rows. */
export async function tidyResync(database: Database, id: string): Promise<void> {
  await database.withClient(async (client) => {
    await tidy(client, id);
    await markTidied(client, id);
  });
}

class Run {
  constructor(
    private readonly work: Work,
    private readonly dependencies: ResyncDependencies,
  ) {}

  async toTheEnd(signal: AbortSignal): Promise<RunOutcome> {
    const { eventLog, database, access } = this.dependencies;
    const { id, company } = this.work;
    const context = await this.#context();
    let done = this.work.pace.done;
    while (!signal.aborted) {
      const refusal = await access.refusal(company);
      await reportWaiting(database, id, refusal?.detail ?? null);
      if (refusal) return 'waiting';
      if ((await eventLog.backlog()).count > BACKLOG_MAX_EVENTS) {
        await delay(BACKLOG_PAUSE_MS, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const steps = await nextSteps(database, id, done, BATCH_STEPS);
      const last = steps.at(-1);
      if (!last) return await this.#complete({ ...context, now: new Date() });
      if (await this.#apply(steps, done, last.step, { ...context, now: new Date() })) done = last.step;
    }
    return 'stopped';
  }

  /** @returns false where the company's intake has just been held: nothing was done then */
  async #apply(
    steps: readonly Step[],
    after: number,
    upTo: number,
    context: CommandContext,
  ): Promise<boolean> {
    const { id, company, startedAt } = this.work;
    const { eventLog } = this.dependencies;
    return await eventLog.transact(context, async (unit) => {
      if (await eventLog.intake.find(unit, company)) return false;
      const desk = await RecordDesk.open(unit, company, steps);
      const counts = doSteps(desk, steps, id, startedAt);
      unit.alongside(BATCH_SQL, id, after, upTo, JSON.stringify(counts));
      return true;
    });
  }

  async #complete(context: CommandContext): Promise<RunOutcome> {
    const { eventLog, database } = this.dependencies;
    const { id, company } = this.work;
    const { rows } = await database.withClient((client) => client.query<DoneRow>(DONE_SQL, [id]));
    const row = await readResync(eventLog, id, context);
    const outcome = (row?.preview ?? []).map((preview) =>
      outcomeOf(
        preview,
        rows.find(({ kind }) => kind === preview.kind),
      ),
    );
    const completed = { outcome, rejected: row?.rejected ?? 0 };
    const ended = await eventLog.transact(context, async (unit) => {
      const decided = await unit.decide(
        resyncDecider,
        { stream: resyncStream(id), key: company },
        { kind: 'complete', completed },
      );
      if (!isRejection(decided)) alongside.ended(unit, id);
      return decided;
    });
    if (isRejection(ended)) throw new Error(`resync ${id} cannot be completed: ${ended.detail}`);
    this.dependencies.logger.info('a resync is done', { resync: id, company, outcome });
    return 'completed';
  }

  /** What happens, happens in the name of whoever confirmed it. */
  async #context(): Promise<Omit<CommandContext, 'now'>> {
    const { id } = this.work;
    const itself: CommandContext = { actor: 'service:contacts-sync', correlationId: id, now: new Date() };
    const events = await this.dependencies.eventLog.transact(itself, (unit) => unit.load(resyncStream(id)));
    const confirmed: Recorded | undefined = events.findLast(
      (event) => event.type === 'contacts.resync.confirmed',
    );
    if (!confirmed) return itself;
    const { actor, correlationId, id: causationId } = confirmed.meta;
    return { actor, correlationId, causationId };
  }
}

interface DoneRow {
  readonly kind: ContactKind;
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
}

/** Good records that were neither created nor changed came as they were, or were left as they are. */
function outcomeOf(preview: ResyncCounts, done: DoneRow | undefined): ResyncCounts {
  const { created, changed, deleted } = done ?? { created: 0, changed: 0, deleted: 0 };
  const good = preview.created + preview.changed + preview.unchanged;
  return { kind: preview.kind, created, changed, deleted, unchanged: good - created - changed };
}
