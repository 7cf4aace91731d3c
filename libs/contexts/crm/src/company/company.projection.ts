import { companyRegistered, topics, type CompanyEvent } from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';

type Registered = Extract<CompanyEvent, { type: 'identity.company.registered' }>;

/** A company that is registered: only of such a one orders are taken in, and only such a one has a link. */
export interface CompanyRow extends Row {
  readonly company: string;
}

export const companyProjection = defineProjection<CompanyRow, Registered>({
  name: 'crm.company',
  version: 1,
  fold: 'state',
  topics: [topics.identity],
  reads: [companyRegistered.type],
  table: { columns: { company: 'text' }, key: ['company'], company: 'company', indexes: [] },
  key: (event) => ({ company: companyOf(event.meta.stream) }),
  project: (_row, event) => ({ company: companyOf(event.meta.stream) }),
});

function companyOf(stream: string): string {
  return parseStream(stream).parts[0] ?? '';
}
