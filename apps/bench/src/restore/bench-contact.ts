import { defineEvent, type EventDefinition, type EventOf } from '@samspill/contracts';
import {
  chainHash,
  toRecord,
  uuidv7,
  type LogManifest,
  type LogRecord,
  type StoredEvent,
} from '@samspill/eventlog';
import { defineProjection, type Row } from '@samspill/kernel';
import { z } from 'zod';

/** Versions of each stream on the benchmark's topic: all but the last are superseded. */
export const VERSIONS = 5;
const COMPANIES = 200;
const EVENT_TIME_MS = Date.parse('2026-01-01T12:00:00Z');
const TOWNS = ['Bergen', 'Tromsø', 'Umeå', 'Västerås', 'Ålesund', 'Malmö'];

/** About 240 bytes of JSON, as a customer of the contact directory has. */
export const contactChanged = defineEvent({
  type: 'bench.contact.changed',
  version: 1,
  schema: z.object({
    number: z.string(),
    name: z.string(),
    email: z.string(),
    phone: z.string(),
    address: z.object({ street: z.string(), postcode: z.string(), town: z.string(), country: z.string() }),
    organisationNumber: z.string(),
    blocked: z.boolean(),
    credit: z.number(),
  }),
});
type ContactChanged = EventOf<typeof contactChanged>;

/** Columns of both projections; `plainUpsert` and `copyOnly` write the same. */
export const CONTACT_COLUMNS = {
  company: 'text',
  number: 'text',
  name: 'text',
  email: 'text',
  town: 'text',
  credit: 'integer',
  changes: 'integer',
  changed_at: 'timestamptz',
} as const;

export interface ContactRow extends Row {
  readonly company: string;
  readonly number: string;
  readonly name: string;
  readonly email: string;
  readonly town: string;
  readonly credit: number;
  readonly changes: number;
  readonly changed_at: string;
}

export type Contact = ContactChanged['data'];

/** The row after an event. */
export function contactRow(company: string, contact: Contact, changes: number, time: string): ContactRow {
  const { number, name, email, address, credit } = contact;
  return { company, number, name, email, town: address.town, credit, changes, changed_at: time };
}

/** @param live another topic that both projections read: changes that come while rows are rebuilt */
export function contactsManifest(topic: string, live?: string): LogManifest {
  const topics = live === undefined ? [topic] : [topic, live];
  const table = { columns: CONTACT_COLUMNS, key: ['company', 'number'], company: 'company', indexes: [] };
  const reads = [contactChanged.type];
  const key = ({ data, meta }: { data: Contact; meta: { key: string } }) => ({
    company: meta.key,
    number: data.number,
  });
  const state = defineProjection<ContactRow, ContactChanged>({
    name: 'bench.contact',
    version: 1,
    fold: 'state',
    topics,
    reads,
    table,
    key,
    project: (_, { data, meta }) => contactRow(meta.key, data, meta.version, meta.time),
  });
  const every = defineProjection<ContactRow, ContactChanged>({
    name: 'bench.contact-changes',
    version: 1,
    fold: 'steps',
    topics,
    reads,
    table,
    key,
    project: (row, { data, meta }) => contactRow(meta.key, data, (row?.changes ?? 0) + 1, meta.time),
  });
  return {
    name: 'bench',
    source: 'bench',
    topic,
    events: [contactChanged],
    projections: [state, every],
    reservations: [],
  };
}

/** The topic's events in order, chained: first version of every contact, then the second of every one, and so on. */
export function contactRecords(events: number): Generator<LogRecord> {
  return chained(events, contactChanged, (contact) => Buffer.from(JSON.stringify(contact)));
}

/** What is known of an event before its value is. */
type About = Omit<StoredEvent, 'value'>;

/** The same for contacts whose values are written in another way. */
export function* chained(
  events: number,
  { type, version: schemaVersion }: EventDefinition<string, Contact>,
  valueOf: (contact: Contact, about: About) => Buffer,
): Generator<LogRecord> {
  const contacts = Math.ceil(events / VERSIONS);
  const companies = Array.from({ length: COMPANIES }, () => uuidv7());
  const hashes: string[] = [];
  for (let index = 0; index < events; index += 1) {
    const nth = index % contacts;
    const version = 1 + Math.floor(index / contacts);
    const company = companies[nth % COMPANIES] ?? '';
    const request = uuidv7();
    const contact = contactOf(nth, version);
    const previousHash = hashes[nth];
    const about: About = {
      id: uuidv7(),
      stream: contactStream(company, contact.number),
      version,
      type,
      schemaVersion,
      key: company,
      time: new Date(EVENT_TIME_MS + index).toISOString(),
      actor: 'agent:0198-bench',
      correlationId: request,
      causationId: request,
      ...(previousHash !== undefined && { previousHash }),
    };
    const event: StoredEvent = { ...about, value: valueOf(contact, about) };
    hashes[nth] = chainHash(event);
    yield toRecord(event, 'bench');
  }
}

export function contactStream(company: string, number: string): string {
  return `bench.contact/${company}/${number}`;
}

export function contactOf(nth: number, version: number): Contact {
  const town = TOWNS[nth % TOWNS.length] ?? '';
  return {
    number: String(10_000 + nth),
    name: `Kunde ${nth} ${town} AS`,
    email: `post@kunde${nth}.example`,
    phone: `+47 ${String(20_000_000 + (nth % 70_000_000))}`,
    address: {
      street: `Storgata ${nth % 200}`,
      postcode: String(1_000 + (nth % 9_000)),
      town,
      country: 'NO',
    },
    organisationNumber: String(900_000_000 + (nth % 99_999_999)),
    blocked: false,
    credit: 1_000 * version,
  };
}
