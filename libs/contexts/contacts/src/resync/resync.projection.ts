import {
  resyncEvents,
  topics,
  type ResyncCounts,
  type ResyncEvent,
  type ResyncScope,
} from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';

/** Every resync that there was, for the list of imports; and, folded from its stream, the one that is asked for. */
export interface ResyncRow extends Row {
  readonly company: string;
  readonly id: string;
  readonly state: 'receiving' | 'to-be-confirmed' | 'held' | 'running' | 'completed' | 'cancelled';
  readonly file_name: string | null;
  readonly scopes: readonly ResyncScope[];
  readonly removes: 'all' | 'none';
  readonly amends: string | null;
  readonly started_at: string;
  readonly started_by: string;
  readonly received_at: string | null;
  /** Rows of the file without its heading. */
  readonly rows: number | null;
  readonly rejected: number | null;
  readonly preview: readonly ResyncCounts[] | null;
  /** Of how many records the removals are, when they are unusually many. */
  readonly held_of: number | null;
  readonly confirmed_at: string | null;
  readonly confirmed_by: string | null;
  readonly ended_at: string | null;
  readonly outcome: readonly ResyncCounts[] | null;
  /** Why it was cancelled. */
  readonly reason: string | null;
}

export const resyncProjection = defineProjection<ResyncRow, ResyncEvent>({
  name: 'contacts.resyncs',
  version: 1,
  fold: 'steps',
  topics: [topics.contacts],
  reads: resyncEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      id: 'text',
      state: 'text',
      file_name: 'text',
      scopes: 'jsonb',
      removes: 'text',
      amends: 'text',
      started_at: 'timestamptz',
      started_by: 'text',
      received_at: 'timestamptz',
      rows: 'integer',
      rejected: 'integer',
      preview: 'jsonb',
      held_of: 'integer',
      confirmed_at: 'timestamptz',
      confirmed_by: 'text',
      ended_at: 'timestamptz',
      outcome: 'jsonb',
      reason: 'text',
    },
    // Ids begin with their time: the key gives a company's newest imports.
    key: ['company', 'id'],
    company: 'company',
    indexes: [],
  },
  key: (event) => ({ company: event.meta.key, id: parseStream(event.meta.stream).parts[0] ?? '' }),
  project(row, event) {
    const { time, actor } = event.meta;
    if (event.type === 'contacts.resync.started') {
      const { fileName, scopes, removes, amends } = event.data;
      return {
        company: event.meta.key,
        id: parseStream(event.meta.stream).parts[0] ?? '',
        state: 'receiving',
        file_name: fileName ?? null,
        scopes,
        removes,
        amends: amends ?? null,
        started_at: time,
        started_by: actor,
        ...NOTHING_YET,
      };
    }
    if (!row) return undefined;
    switch (event.type) {
      case 'contacts.resync.received': {
        const { rows, rejected, preview } = event.data;
        return { ...row, state: 'to-be-confirmed', received_at: time, rows, rejected, preview };
      }
      case 'contacts.resync.held':
        return { ...row, state: 'held', held_of: event.data.of };
      case 'contacts.resync.confirmed':
        return { ...row, state: 'running', confirmed_at: time, confirmed_by: actor };
      case 'contacts.resync.completed':
        return { ...row, state: 'completed', ended_at: time, outcome: event.data.outcome };
      case 'contacts.resync.cancelled':
        return { ...row, state: 'cancelled', ended_at: time, reason: event.data.reason };
    }
  },
});

const NOTHING_YET = {
  received_at: null,
  rows: null,
  rejected: null,
  preview: null,
  held_of: null,
  confirmed_at: null,
  confirmed_by: null,
  ended_at: null,
  outcome: null,
  reason: null,
} as const;
