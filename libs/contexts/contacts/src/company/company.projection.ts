import { companyEvents, topics, type CompanyEvent } from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';

/** What contacts-sync knows of a company, from identity's events: whether its records may come in (C10, C25, C28). */
export interface CompanyRow extends Row {
  readonly company: string;
  readonly name: string | null;
  readonly registered: boolean;
  readonly synchronised: boolean;
}

export const companyProjection = defineProjection<CompanyRow, CompanyEvent>({
  name: 'contacts.company',
  version: 1,
  fold: 'steps',
  topics: [topics.identity],
  reads: companyEvents.map((event) => event.type),
  table: {
    columns: { company: 'text', name: 'text', registered: 'boolean', synchronised: 'boolean' },
    key: ['company'],
    company: 'company',
    indexes: [],
  },
  key: (event) => ({ company: parseStream(event.meta.stream).parts[0] ?? '' }),
  project(row, event) {
    const company = parseStream(event.meta.stream).parts[0] ?? '';
    const before = row ?? { company, name: null, registered: false, synchronised: false };
    switch (event.type) {
      case 'identity.company.registered':
        return { ...before, registered: true, name: event.data.name };
      case 'identity.company.details-changed':
        return { ...before, name: event.data.name };
      case 'identity.company.sync-enabled':
        return { ...before, synchronised: true };
      case 'identity.company.sync-disabled':
        return { ...before, synchronised: false };
    }
  },
});
