import { rejectionEvents, topics, type RejectionEvent } from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';

/** A record that has not been synchronised, and why («Visma.net sync rapport», C32). */
export interface SyncReportRow extends Row {
  readonly company: string;
  readonly kind: string;
  /** The record's number, or `~` and a hash where there was none that can be used. */
  readonly reference: string;
  readonly number: string | null;
  readonly faults: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
  readonly change: Readonly<Record<string, unknown>>;
  readonly source_kind: string;
  readonly source_id: string;
  readonly source_line: number;
  readonly rejected_at: string;
}

export const syncReportProjection = defineProjection<SyncReportRow, RejectionEvent>({
  name: 'contacts.sync-report',
  version: 1,
  fold: 'state',
  topics: [topics.contacts],
  reads: rejectionEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      kind: 'text',
      reference: 'text',
      number: 'text',
      faults: 'jsonb',
      change: 'jsonb',
      source_kind: 'text',
      source_id: 'text',
      source_line: 'integer',
      rejected_at: 'timestamptz',
    },
    key: ['company', 'kind', 'reference'],
    company: 'company',
    indexes: [
      { name: 'newest', definition: '(company, rejected_at DESC, kind, reference)' },
      { name: 'source', definition: '(company, source_id)' },
    ],
  },
  key(event) {
    const [company = '', kind = '', reference = ''] = parseStream(event.meta.stream).parts;
    return { company, kind, reference };
  },
  project(_row, event) {
    if (event.type !== 'contacts.record.rejected') return undefined;
    const [company = '', kind = '', reference = ''] = parseStream(event.meta.stream).parts;
    const { number, faults, change, source } = event.data;
    return {
      company,
      kind,
      reference,
      number: number ?? null,
      faults,
      change,
      source_kind: source.kind,
      source_id: source.id,
      source_line: source.line,
      rejected_at: event.meta.time,
    };
  },
});
