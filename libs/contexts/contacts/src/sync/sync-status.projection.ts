import {
  batchAccepted,
  companySyncDisabled,
  companySyncEnabled,
  resyncEvents,
  topics,
  type BatchEvent,
  type CompanyEvent,
  type ResyncEvent,
} from '@samspill/contracts';
import { defineProjection, parseStream, type Recorded, type Row } from '@samspill/kernel';

/** How a company's synchronisation stands, in one row. Times from two topics never touch the same column. */
interface SyncStatus {
  readonly company: string;
  /** Switched on by the customer administrator. */
  readonly enabled: boolean;
  readonly last_batch_at: string | null;
  readonly last_resync_at: string | null;
  /** The resync under way, if any. */
  readonly resync: string | null;
  readonly resync_state: 'receiving' | 'to-be-confirmed' | 'held' | 'running' | null;
  readonly resync_since: string | null;
  /** Why it is held, for a person. */
  readonly held_because: string | null;
}
export type SyncStatusRow = SyncStatus & Row;

type Read = Extract<CompanyEvent, { type: `identity.company.sync-${string}` }> | BatchEvent | ResyncEvent;

export const syncStatusProjection = defineProjection<SyncStatusRow, Read>({
  name: 'contacts.sync-status',
  version: 1,
  fold: 'steps',
  topics: [topics.contacts, topics.identity],
  reads: [companySyncEnabled, companySyncDisabled, batchAccepted, ...resyncEvents].map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      enabled: 'boolean',
      last_batch_at: 'timestamptz',
      last_resync_at: 'timestamptz',
      resync: 'text',
      resync_state: 'text',
      resync_since: 'timestamptz',
      held_because: 'text',
    },
    key: ['company'],
    company: 'company',
    indexes: [],
  },
  key: (event) => ({ company: event.meta.key }),
  project: (row, event) => ({ ...(row ?? initial(event.meta.key)), ...change(event) }),
});

function initial(company: string): SyncStatus {
  return {
    company,
    enabled: false,
    last_batch_at: null,
    last_resync_at: null,
    ...noResync,
  };
}

const noResync = { resync: null, resync_state: null, resync_since: null, held_because: null } as const;

function change(event: Recorded<Read>): Partial<SyncStatus> {
  const { time, stream } = event.meta;
  switch (event.type) {
    case 'identity.company.sync-enabled':
      return { enabled: true };
    case 'identity.company.sync-disabled':
      return { enabled: false };
    case 'contacts.batch.accepted':
      return { last_batch_at: time };
    case 'contacts.resync.started':
      return {
        resync: parseStream(stream).parts[0] ?? null,
        resync_state: 'receiving',
        resync_since: time,
        held_because: null,
      };
    case 'contacts.resync.received':
      return { resync_state: 'to-be-confirmed', resync_since: time };
    case 'contacts.resync.held':
      return {
        resync_state: 'held',
        resync_since: time,
        held_because: `${event.data.removals} of ${event.data.of} records would be removed; someone has to confirm that this is meant.`,
      };
    case 'contacts.resync.confirmed':
      return { resync_state: 'running', resync_since: time, held_because: null };
    case 'contacts.resync.completed':
      return { last_resync_at: time, ...noResync };
    case 'contacts.resync.cancelled':
      return noResync;
  }
}
