import { LINK_REASON_MAX_LENGTH, linkSettings } from '@samspill/contracts';
import type { KeyStatus, RedeliveryPreview } from '@samspill/eventlog';
import { z } from 'zod';
import type { LinkOverview } from './link-overview.js';
import { TRANSFERS, type Transfer } from './link-status.js';
import type { RewindPreview } from './rewinds.js';
import { isTimeZone } from './local-time.js';

/** Most undelivered records that one answer lists, and that one request names. */
export const MAX_UNDELIVERED = 500;
const DEFAULT_PAGE = 100;

const problem = z.object({
  code: z.string().describe('Stable'),
  words: z.string().describe('The CRM’s own; may hold personal data'),
  whatToDo: z.string(),
  since: z.string().optional(),
  until: z.string().optional().describe('When it is tried next'),
});
const transfer = z.object({
  toDeliver: z.int(),
  inDoubt: z.int().describe('Of these, the ones that the CRM is asked about first'),
  undelivered: z.int().describe('Refused by the CRM: listed, and tried again when asked'),
  delivered: z.int().describe('Records that the CRM has as they are'),
  lastDeliveredAt: z.string().optional(),
  perSecond: z.number().describe('Over the last minute'),
});

export const linkAnswer = z
  .object({
    company: z.string(),
    state: z.enum(['stopped', 'running', 'waiting', 'failing']),
    reason: problem
      .optional()
      .describe('Why it does not run; of a stopped link, why it could not be started'),
    connected: z.boolean().describe('Whether somebody has said which CRM it is, and how to sign in there'),
    switched: z
      .object({ at: z.string(), by: z.string() })
      .optional()
      .describe('Started or stopped last; absent where it never was'),
    settings: linkSettings,
    customers: transfer,
    persons: transfer.describe('Contact persons of customers; they go by the switch for customers'),
    orders: transfer,
    toBeSorted: z.int().describe('Events, of all companies, of which is not known yet what they come to'),
    watermark: z
      .object({ to: z.string(), by: z.string(), movedAt: z.string(), reason: z.string() })
      .optional()
      .describe('To which moment it was set back last'),
  })
  .meta({ id: 'CrmLink' });
export type LinkAnswer = z.infer<typeof linkAnswer>;

export const settingsForm = z.strictObject({
  customers: z.boolean().optional(),
  orders: z.boolean().optional(),
  onDeletion: z
    .enum(['archive', 'keep'])
    .optional()
    .describe('What becomes in the CRM of a record that is deleted in the ERP. Never deleted for good.'),
  onErasure: z
    .enum(['erase', 'archive', 'keep'])
    .optional()
    .describe('Of somebody who is forgotten. erase: fields about them are emptied, and the record archived.'),
  timeZone: z
    .string()
    .refine(isTimeZone, {
      error: 'There is no such time zone; write it as Europe/Oslo.',
      params: { code: 'time-zone.unknown' },
    })
    .optional(),
});

export const checkAnswer = z
  .object({ code: z.string(), words: z.string(), whatToDo: z.string() })
  .meta({ id: 'CrmCheck' });

const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/, 'A date and time such as 2026-02-28T00:00.')
  .refine((text) => !Number.isNaN(Date.parse(`${text}Z`)), 'There is no such date and time.')
  .describe('By the clock of the link’s time zone: 2026-02-28T00:00');
export const rewindQuestion = z.strictObject({ to: moment });
export const rewindForm = z.strictObject({
  to: moment,
  reason: z.string().trim().min(1).max(LINK_REASON_MAX_LENGTH).describe('Why; kept for ever'),
});

const fallsIn = z.object({
  changed: z.int().describe('Records that have changed since then'),
  alreadyThere: z
    .int()
    .describe('Of these, the CRM has them in this version: it is asked, and they are not written'),
  toDeliver: z.int().describe('Of these, they are written'),
});
export const rewindPreview = z
  .object({
    to: z.string(),
    timeZone: z.string(),
    customers: fallsIn,
    persons: fallsIn,
    orders: fallsIn,
    takesSeconds: z.int().describe('About'),
    onDeletion: linkSettings.shape.onDeletion.describe('What becomes there of what is deleted here'),
    onErasure: linkSettings.shape.onErasure,
  })
  .meta({ id: 'CrmRewindPreview' });
export const rewindAnswer = z
  .object({ to: z.string(), timeZone: z.string(), reason: z.string() })
  .meta({ id: 'CrmRewind' });

export const undeliveredQuery = z.strictObject({
  kind: z.enum(TRANSFERS),
  after: z.string().optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(MAX_UNDELIVERED).default(DEFAULT_PAGE),
});
export const undeliveredAnswer = z.object({
  records: z.array(
    z
      .object({
        thing: z.string().describe('Our reference to it'),
        code: z.string(),
        words: z.string().describe('The CRM’s own; may hold personal data'),
        attempts: z.int(),
      })
      .meta({ id: 'UndeliveredRecord' }),
  ),
  next: z.string().optional().describe('`after` of the next page; absent on the last'),
});
export const retryForm = z.union([
  z.strictObject({ things: z.array(z.string()).min(1).max(MAX_UNDELIVERED) }),
  z.strictObject({ all: z.literal(true) }),
]);
export const retryAnswer = z.object({ tried: z.int() });

export function shownLink({
  company,
  standing,
  isConnected,
  settings,
  entry,
  transfers,
}: LinkOverview): LinkAnswer {
  const { customers, persons, orders } = transfers;
  return {
    company,
    state: standing.state,
    ...('reason' in standing && { reason: standing.reason }),
    connected: isConnected,
    ...(entry?.switchedAt && {
      switched: { at: entry.switchedAt.toISOString(), by: entry.switchedBy ?? '' },
    }),
    settings,
    customers: shownTransfer(customers),
    persons: shownTransfer(persons),
    orders: shownTransfer(orders),
    toBeSorted: Math.max(customers.lag, persons.lag, orders.lag),
    ...(entry?.watermark && {
      watermark: {
        to: entry.watermark.toISOString(),
        by: entry.watermarkBy ?? '',
        movedAt: entry.watermarkMovedAt?.toISOString() ?? '',
        reason: entry.watermarkReason ?? '',
      },
    }),
  };
}

export function shownPreview(
  { to, said, transfers, takesSeconds }: RewindPreview,
  { settings }: Pick<LinkOverview, 'settings'>,
): z.infer<typeof rewindPreview> {
  const of = (one: Transfer): z.infer<typeof fallsIn> => shownWindow(transfers[one]);
  return {
    to,
    timeZone: said.timeZone,
    customers: of('customers'),
    persons: of('persons'),
    orders: of('orders'),
    takesSeconds,
    onDeletion: settings.onDeletion,
    onErasure: settings.onErasure,
  };
}

function shownWindow({ things, confirmed, toDeliver, waiting }: RedeliveryPreview): z.infer<typeof fallsIn> {
  return { changed: things, alreadyThere: confirmed, toDeliver: toDeliver + waiting };
}

function shownTransfer({ counts, rate }: KeyStatus): z.infer<typeof transfer> {
  const { open, inDoubt, refused, confirmed, lastConfirmedAt } = counts;
  return {
    toDeliver: open,
    inDoubt,
    undelivered: refused,
    delivered: confirmed,
    ...(lastConfirmedAt !== undefined && { lastDeliveredAt: lastConfirmedAt }),
    perSecond: rate,
  };
}
