import { CONTACT_KINDS } from '@samspill/contracts';
import { z } from 'zod';
import { progressOf } from './progress.js';
import { removalsOf } from './resync.decider.js';
import type { ResyncRow } from './resync.projection.js';
import { REJECTED_ROWS_KEPT_DAYS, type Work } from './resync-work.js';

const time = z.string().describe('RFC 3339');
const count = z.int();
const kind = z.enum(CONTACT_KINDS);
const counts = z.object({ kind, created: count, changed: count, deleted: count, unchanged: count });
const sample = z.object({
  kind,
  number: z.string(),
  name: z.string(),
  fields: z.array(z.string()).optional().describe('What would change of it'),
});

/** What is known of an import from its events alone. */
const importSummary = z.object({
  id: z.string(),
  state: z
    .enum(['receiving', 'to-be-confirmed', 'held', 'running', 'completed', 'cancelled'])
    .describe(
      'held: more would be removed than is usual, so that confirming it takes the number of removals',
    ),
  fileName: z.string().optional(),
  scopes: z
    .array(z.object({ kind, parentKind: z.enum(['customer', 'supplier']).optional() }))
    .describe('What the file speaks for: records of these that it lacks are removed'),
  removes: z
    .enum(['all', 'none'])
    .describe('none: the file amends another import, so that it adds and changes only'),
  amends: z.string().optional(),
  startedAt: time,
  startedBy: z.string(),
  receivedAt: time.optional(),
  rows: count.optional().describe('Rows of the file without its heading'),
  rejectedRows: count.optional(),
  preview: z.array(counts).optional().describe('What would be done'),
  removals: count.optional().describe('Records that would be removed, in all'),
  heldBecause: z.string().optional(),
  confirmedAt: time.optional(),
  confirmedBy: z.string().optional(),
  endedAt: time.optional(),
  outcome: z.array(counts).optional().describe('What was done'),
  reason: z.string().optional().describe('Why it was cancelled'),
  links: z.object({
    self: z.string(),
    confirm: z.string().optional(),
    cancel: z.string().optional(),
    rejectedRows: z
      .string()
      .optional()
      .describe(`CSV of the rows that were refused; kept for ${REJECTED_ROWS_KEPT_DAYS} days`),
  }),
});

/** An import with what is known of it while it is at work. */
export const importSchema = importSummary
  .extend({
    samples: z
      .object({ created: z.array(sample), changed: z.array(sample), deleted: z.array(sample) })
      .optional()
      .describe('The first of each; until it runs'),
    unusedHeadings: z.array(z.string()).optional().describe('Columns that were not imported'),
    rowsReceived: count.optional().describe('While it is being received'),
    forgottenRows: count
      .optional()
      .describe(
        'Of the rejected rows, those about people who have been forgotten: not kept, nor in the file of rejected rows',
      ),
    progress: z
      .object({
        done: count,
        total: count,
        percent: z.number(),
        perSecond: count,
        etaSeconds: count.optional(),
      })
      .optional(),
    waitingFor: z.string().optional().describe('What keeps it from going on'),
  })
  .meta({ id: 'ContactImport' });
export type ImportView = z.infer<typeof importSchema>;

export const importPage = z
  .object({
    imports: z.array(importSummary),
    next: z.string().optional().describe('`cursor` of the next page'),
  })
  .meta({ id: 'ContactImportPage' });
export type ImportSummary = z.infer<typeof importSummary>;

/** @param row as the projection folds it */
export function summaryOf(row: ResyncRow): ImportSummary {
  const removals = removalsOf(row.preview ?? []);
  return {
    id: row.id,
    state: row.state,
    scopes: row.scopes.map((scope) => ({ ...scope })),
    removes: row.removes,
    startedAt: row.started_at,
    startedBy: row.started_by,
    ...present({
      fileName: row.file_name,
      amends: row.amends,
      receivedAt: row.received_at,
      rows: row.rows,
      rejectedRows: row.rejected,
      preview: row.preview?.map((ofKind) => ({ ...ofKind })),
      removals: row.preview ? removals : undefined,
      heldBecause:
        row.state === 'held'
          ? `${removals} of ${row.held_of ?? 0} records would be removed, more than is usual. If that is meant, confirm it with {"removals": ${removals}}.`
          : undefined,
      confirmedAt: row.confirmed_at,
      confirmedBy: row.confirmed_by,
      endedAt: row.ended_at,
      outcome: row.outcome?.map((ofKind) => ({ ...ofKind })),
      reason: row.reason,
    }),
    links: linksOf(row),
  };
}

/** @param work undefined where nothing is kept of it any more */
export function viewOf(row: ResyncRow, work: Work | undefined): ImportView {
  const summary = summaryOf(row);
  if (!work) return summary;
  const isRunning = row.state === 'running';
  return {
    ...summary,
    ...present({
      samples: work.samples && {
        created: work.samples.created.map(mutable),
        changed: work.samples.changed.map(mutable),
        deleted: work.samples.deleted.map(mutable),
      },
      unusedHeadings: [...work.file.unused],
      rowsReceived: row.state === 'receiving' ? work.rowsReceived : undefined,
      forgottenRows: work.forgottenRows > 0 ? work.forgottenRows : undefined,
      progress: isRunning ? progressOf(work.pace) : undefined,
      waitingFor: isRunning ? work.waitingFor : undefined,
    }),
  };
}

function linksOf({ company, id, state, rejected }: ResyncRow): ImportSummary['links'] {
  const self = `/api/contacts/v1/companies/${company}/imports/${id}`;
  const waits = state === 'to-be-confirmed' || state === 'held';
  return {
    self,
    ...present({
      confirm: waits ? `${self}/confirm` : undefined,
      cancel: waits || state === 'receiving' ? self : undefined,
      rejectedRows: (rejected ?? 0) > 0 ? `${self}/rejected.csv` : undefined,
    }),
  };
}

type Sampled = NonNullable<ImportView['samples']>['created'][number];

function mutable({ fields, ...rest }: NonNullable<Work['samples']>['created'][number]): Sampled {
  return fields === undefined ? rest : { ...rest, fields: [...fields] };
}

type Present<Fields> = { [Key in keyof Fields]?: NonNullable<Fields[Key]> };

/** The fields that have a value. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
  const some: Present<Fields> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== null && value !== undefined) some[key] = value;
  }
  return some;
}
