import { forgettingEvents, topics, type ForgettingEvent } from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';

/** A record that has been forgotten and may not come in: which, since when, by whom and why. Nothing about the person. */
export interface ForgottenRow extends Row {
  readonly company: string;
  readonly kind: string;
  /** The record's number, or what stood for it in the sync report where it had none. */
  readonly number: string;
  readonly forgotten_at: string;
  readonly forgotten_by: string;
  readonly reason: string;
}

/** Who is forgotten: what has been staged of them is cleared by it. Whether a change is refused, the record's stream says. */
export const forgottenProjection = defineProjection<ForgottenRow, ForgettingEvent>({
  name: 'contacts.forgotten',
  version: 1,
  fold: 'state',
  topics: [topics.contacts],
  reads: forgettingEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      kind: 'text',
      number: 'text',
      forgotten_at: 'timestamptz',
      forgotten_by: 'text',
      reason: 'text',
    },
    key: ['company', 'kind', 'number'],
    company: 'company',
    indexes: [],
  },
  key(event) {
    const { category, parts } = parseStream(event.meta.stream);
    const [company = '', number = ''] = parts;
    return { company, kind: category.slice(category.indexOf('.') + 1), number };
  },
  project(_row, event) {
    if (!event.type.endsWith('.forgotten')) return undefined;
    const { category, parts } = parseStream(event.meta.stream);
    const [company = '', number = ''] = parts;
    return {
      company,
      kind: category.slice(category.indexOf('.') + 1),
      number,
      forgotten_at: event.meta.time,
      forgotten_by: event.meta.actor,
      reason: event.data.reason,
    };
  },
});
