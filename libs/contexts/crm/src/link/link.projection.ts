import { linkEvents, topics, type LinkEvent, type LinkSettings } from '@samspill/contracts';
import { defineProjection, type Recorded, type Row } from '@samspill/kernel';
import { DEFAULT_SETTINGS } from './link.decider.js';

/** A company's link, in one row. */
interface Link {
  readonly company: string;
  readonly is_on: boolean;
  /** When it was started or stopped last, and by whom; null where it never was. */
  readonly switched_at: string | null;
  readonly switched_by: string | null;
  readonly settings: LinkSettings;
  /** What a look at the CRM has shown last. */
  readonly diagnosis: string | null;
  readonly diagnosed_at: string | null;
  /** The moment to which the watermark was set back last, and who did so when and why. */
  readonly watermark: string | null;
  readonly watermark_by: string | null;
  readonly watermark_moved_at: string | null;
  readonly watermark_reason: string | null;
}
export type LinkRow = Link & Row;

export const linkProjection = defineProjection<LinkRow, LinkEvent>({
  name: 'crm.link',
  version: 1,
  fold: 'steps',
  topics: [topics.crm],
  reads: linkEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      is_on: 'boolean',
      switched_at: 'timestamptz',
      switched_by: 'text',
      settings: 'jsonb',
      diagnosis: 'text',
      diagnosed_at: 'timestamptz',
      watermark: 'timestamptz',
      watermark_by: 'text',
      watermark_moved_at: 'timestamptz',
      watermark_reason: 'text',
    },
    key: ['company'],
    company: 'company',
    indexes: [{ name: 'running', definition: '(company) WHERE is_on' }],
  },
  key: (event) => ({ company: event.meta.key }),
  project: (row, event) => ({ ...(row ?? initial(event.meta.key)), ...change(event) }),
});

function initial(company: string): Link {
  return {
    company,
    ...{ is_on: false, switched_at: null, switched_by: null, settings: DEFAULT_SETTINGS },
    ...{ diagnosis: null, diagnosed_at: null },
    ...{ watermark: null, watermark_by: null, watermark_moved_at: null, watermark_reason: null },
  };
}

function change(event: Recorded<LinkEvent>): Partial<Link> {
  const { time, actor } = event.meta;
  switch (event.type) {
    case 'crm.link.started':
      return { is_on: true, switched_at: time, switched_by: actor };
    case 'crm.link.stopped':
      return { is_on: false, switched_at: time, switched_by: actor };
    case 'crm.link.settings-changed':
      return { settings: event.data.settings };
    case 'crm.link.diagnosed':
      return { diagnosis: event.data.code, diagnosed_at: time };
    case 'crm.link.watermark-moved': {
      const { to, reason } = event.data;
      return {
        watermark: to,
        watermark_by: actor,
        watermark_moved_at: time,
        watermark_reason: reason,
      };
    }
  }
}
