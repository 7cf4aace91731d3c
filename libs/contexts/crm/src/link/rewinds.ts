import type { RedeliveryWindow } from '@samspill/contracts';
import type { CommandContext, EventLog, RedeliveryPreview } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import type { LinkDesk } from './link-desk.js';
import { REACTOR_OF, type LinkOverview, type LinkOverviews } from './link-overview.js';
import { TRANSFERS, type Transfer } from './link-status.js';
import { momentOf } from './local-time.js';

/** What a call to a CRM takes, where nothing has been measured yet: they answer within a second. */
const NOMINAL_CALL_MS = 1_000;
const NOMINAL_BATCH = 100;
const MS_PER_SECOND = 1_000;

/** A moment as somebody says it: by the clock of the company's time zone. */
export interface SaidMoment {
  /** `2026-02-28T00:00` */
  readonly local: string;
  readonly timeZone: string;
}

export interface RewindPreview {
  /** RFC 3339. */
  readonly to: string;
  readonly said: SaidMoment;
  readonly transfers: Readonly<Record<Transfer, RedeliveryPreview>>;
  /** About how long it takes. */
  readonly takesSeconds: number;
}

export interface Rewind {
  readonly to: string;
  readonly said: SaidMoment;
  readonly reason: string;
  readonly redeliveries: Readonly<Partial<Record<Transfer, string>>>;
}

/**
 * The watermark set back (L5, L6): all that changed since a moment is gone over again. The CRM is asked about what it is said to have,
 * so that it gets what it has lost, and nothing that it has (L8).
 */
export class Rewinds {
  readonly #previewed = new Set<CompanyId>();

  constructor(
    private readonly eventLog: {
      readonly reactors: Pick<EventLog['reactors'], 'previewRedelivery' | 'redeliver' | 'mayRedeliverAlone'>;
    },
    private readonly overviews: Pick<LinkOverviews, 'of'>,
    private readonly desk: Pick<LinkDesk, 'moveWatermark'>,
  ) {}

  /**
   * Reads all that the log has of the company's partition: once at a time for a company in this process.
   * @param local a date and time by the company's clock
   * @param signal gives it up
   * @throws the signal's reason when it is given up
   */
  async preview(
    text: string,
    local: string,
    now: Date,
    signal: AbortSignal,
  ): Promise<RewindPreview | Rejection> {
    const overview = await this.overviews.of(text);
    if (isRejection(overview)) return overview;
    const said = { local, timeZone: overview.settings.timeZone };
    const moment = pastMoment(said, now);
    if (isRejection(moment)) return moment;
    const { company } = overview;
    if (this.#previewed.has(company)) return UNDER_WAY;
    this.#previewed.add(company);
    try {
      const transfers = await this.#previews({ company, from: moment }, signal);
      if (isRejection(transfers)) return transfers;
      return { to: moment, said, transfers, takesSeconds: secondsFor(transfers, overview) };
    } finally {
      this.#previewed.delete(company);
    }
  }

  /** Refused while one of the company is not over, or its account was changed and everything is being asked about for that. */
  async run(
    text: string,
    local: string,
    reason: string,
    context: CommandContext,
  ): Promise<Rewind | Rejection> {
    const overview = await this.overviews.of(text);
    if (isRejection(overview)) return overview;
    const { company, settings } = overview;
    const said = { local, timeZone: settings.timeZone };
    const moment = pastMoment(said, context.now);
    if (isRejection(moment)) return moment;
    const { reactors } = this.eventLog;
    for (const transfer of TRANSFERS) {
      const open = await reactors.mayRedeliverAlone(REACTOR_OF[transfer], company);
      if (open) return open;
    }
    const redeliveries: Partial<Record<Transfer, string>> = {};
    for (const transfer of TRANSFERS) {
      const request = await reactors.redeliver(
        REACTOR_OF[transfer],
        { company, from: moment },
        reason,
        context,
        { verifies: true, isAlone: true },
      );
      if (isRejection(request)) return request;
      redeliveries[transfer] = request.id;
    }
    const byReactor = Object.fromEntries(
      TRANSFERS.map((transfer) => [REACTOR_OF[transfer], redeliveries[transfer] ?? '']),
    );
    await this.desk.moveWatermark(company, { to: moment, said, reason, redeliveries: byReactor }, context);
    return { to: moment, said, reason, redeliveries };
  }

  async #previews(
    window: RedeliveryWindow,
    signal: AbortSignal,
  ): Promise<Record<Transfer, RedeliveryPreview> | Rejection> {
    const previews: Partial<Record<Transfer, RedeliveryPreview>> = {};
    for (const transfer of TRANSFERS) {
      const { reactors } = this.eventLog;
      const preview = await reactors.previewRedelivery(REACTOR_OF[transfer], window, signal);
      if (isRejection(preview)) return preview;
      signal.throwIfAborted(); // a read that was given up has seen some of it
      previews[transfer] = preview;
    }
    const { customers = none, persons = none, orders = none } = previews;
    return { customers, persons, orders };
  }
}

const UNDER_WAY = reject(
  'rewind.preview-conflict',
  'Somebody is having a rewind of this company reckoned already. Ask again when that is done.',
);

const none: RedeliveryPreview = {
  events: 0,
  things: 0,
  confirmed: 0,
  waiting: 0,
  outOfDate: 0,
  toDeliver: 0,
  samples: [],
};

function pastMoment({ local, timeZone }: SaidMoment, now: Date): string | Rejection {
  const moment = momentOf(local, timeZone);
  if (moment <= now) return moment.toISOString();
  return reject('rewind.future', 'The watermark can only be set back, not into the future.', [
    { pointer: '/to', code: 'to.future', detail: `By the clock of ${timeZone} it is not ${local} yet.` },
  ]);
}

/** At the speed of the last minute, or by the number of calls that it takes. */
function secondsFor(
  previews: Readonly<Record<Transfer, RedeliveryPreview>>,
  { transfers }: LinkOverview,
): number {
  const seconds = TRANSFERS.map((transfer) => {
    const { confirmed, toDeliver, waiting } = previews[transfer];
    const things = confirmed + toDeliver + waiting;
    const { rate } = transfers[transfer];
    if (rate > 0) return things / rate;
    return (Math.ceil(things / NOMINAL_BATCH) * NOMINAL_CALL_MS) / MS_PER_SECOND;
  });
  return Math.ceil(seconds.reduce((sum, one) => sum + one, 0));
}
