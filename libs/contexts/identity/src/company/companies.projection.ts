import {
  companyEvents,
  foldText,
  topics,
  type CompanyDetails,
  type CompanyEvent,
  type Product,
} from '@samspill/contracts';
import { defineProjection, parseStream, type Row } from '@samspill/kernel';
import { organisationNumberKey } from './organisation-number-key.js';

/** Sorting needs the beginning only, and an index entry must stay well under a third of a page. */
export const SORT_NAME_MAX_LENGTH = 100;

/** A registered company as lists show and find it. */
export interface CompaniesRow extends Row {
  readonly company: string;
  readonly name: string;
  readonly organisation_number: string;
  readonly country: string;
  readonly address: CompanyDetails['address'];
  /** Products whose synchronisation is on. */
  readonly synchronised: readonly string[];
  readonly registered_at: string;
  readonly changed_at: string;
  /** Folded name: the order of lists, and what a search matches from its start. */
  readonly sort_name: string;
  /** What a search for an organisation number matches from its start. */
  readonly number_key: string;
}

/** Registered companies, for lists and searches. */
export const companiesProjection = defineProjection<CompaniesRow, CompanyEvent>({
  name: 'identity.companies',
  version: 1,
  fold: 'steps',
  topics: [topics.identity],
  reads: companyEvents.map((event) => event.type),
  table: {
    columns: {
      company: 'text',
      name: 'text',
      organisation_number: 'text',
      country: 'text',
      address: 'jsonb',
      synchronised: 'text[]',
      registered_at: 'timestamptz',
      changed_at: 'timestamptz',
      sort_name: 'text',
      number_key: 'text',
    },
    key: ['company'],
    company: 'company',
    indexes: [
      { name: 'sorted', definition: '(sort_name, company)' },
      { name: 'number', definition: '(number_key)' },
    ],
  },
  key: (event) => ({ company: companyOf(event.meta.stream) }),
  project(row, event) {
    const { time, stream } = event.meta;
    switch (event.type) {
      case 'identity.company.registered':
        return {
          company: companyOf(stream),
          ...described(event.data),
          synchronised: [],
          registered_at: time,
          changed_at: time,
        };
      case 'identity.company.details-changed':
        return row && { ...row, ...described(event.data), changed_at: time };
      case 'identity.company.sync-enabled':
        return (
          row && {
            ...row,
            synchronised: [...without(row, event.data.product), event.data.product],
            changed_at: time,
          }
        );
      case 'identity.company.sync-disabled':
        return row && { ...row, synchronised: without(row, event.data.product), changed_at: time };
    }
  },
});

function companyOf(stream: string): string {
  return parseStream(stream).parts[0] ?? '';
}

function described(details: CompanyDetails) {
  return {
    name: details.name,
    organisation_number: details.organisationNumber,
    country: details.country,
    address: details.address,
    sort_name: foldText(details.name).slice(0, SORT_NAME_MAX_LENGTH),
    number_key: organisationNumberKey(details.organisationNumber),
  };
}

function without(row: CompaniesRow, product: Product): readonly string[] {
  return row.synchronised.filter((other) => other !== product);
}
