import { orderRejectionEvents, topics, type OrderRejectionEvent } from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';

/** An order whose last change could not be taken in, and why. */
export interface RejectedOrderRow extends Row {
  readonly company: string;
  /** The order's number, or `~` and a hash where there was none that can be used. */
  readonly reference: string;
  readonly number: string | null;
  readonly faults: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
  readonly change: Readonly<Record<string, unknown>>;
  readonly source_id: string;
  readonly source_line: number;
  readonly rejected_at: string;
}

export const rejectedOrdersProjection = defineProjection<RejectedOrderRow, OrderRejectionEvent>({
  name: 'crm.rejected-orders',
  version: 1,
  fold: 'state',
  topics: [topics.crm],
  reads: orderRejectionEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      reference: 'text',
      number: 'text',
      faults: 'jsonb',
      change: 'jsonb',
      source_id: 'text',
      source_line: 'integer',
      rejected_at: 'timestamptz',
    },
    key: ['company', 'reference'],
    company: 'company',
    indexes: [],
  },
  key: (event) => keyOf(event.meta.stream),
  project(_row, event) {
    if (event.type !== 'crm.order.rejected') return undefined;
    const { number, faults, change, source } = event.data;
    return {
      ...keyOf(event.meta.stream),
      number: number ?? null,
      faults,
      change,
      source_id: source.id,
      source_line: source.line,
      rejected_at: event.meta.time,
    };
  },
});

function keyOf(stream: string): { readonly company: string; readonly reference: string } {
  const [company = '', reference = ''] = parseStream(stream).parts;
  return { company, reference };
}
