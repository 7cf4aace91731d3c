import { randomBytes } from 'node:crypto';
import { defineEvent, EventCatalogue, personal, type EventOf, type PersonalParts } from '@samspill/contracts';
import {
  keyName,
  sealValue,
  toKeyRecord,
  unsealedValue,
  type LogManifest,
  type LogRecord,
  type MasterKeys,
} from '@samspill/eventlog';
import { defineProjection } from '@samspill/kernel';
import { z } from 'zod';
import { chained, CONTACT_COLUMNS, contactRow, type Contact, type ContactRow } from './bench-contact.js';

const KEY_BYTES = 32;
const KEY_ID_BYTES = 16;

/** The same contacts, with what is about a person sealed, as in the contact directory. */
const sealedContactChanged = defineEvent({
  type: 'bench.sealed-contact.changed',
  version: 1,
  schema: z.object({
    number: z.string(),
    name: personal(z.string(), '–'),
    email: personal(z.string(), ''),
    phone: personal(z.string(), ''),
    address: z.object({
      street: personal(z.string(), ''),
      postcode: personal(z.string(), ''),
      town: z.string(),
      country: z.string(),
    }),
    organisationNumber: personal(z.string(), ''),
    blocked: z.boolean(),
    credit: z.number(),
  }),
});

export function sealedContactsManifest(topic: string): LogManifest {
  const rows = defineProjection<ContactRow, EventOf<typeof sealedContactChanged>>({
    name: 'bench.sealed-contact',
    version: 1,
    fold: 'state',
    topics: [topic],
    reads: [sealedContactChanged.type],
    table: { columns: CONTACT_COLUMNS, key: ['company', 'number'], company: 'company', indexes: [] },
    key: ({ data, meta }) => ({ company: meta.key, number: data.number }),
    project: (_, { data, meta }) => contactRow(meta.key, data, meta.version, meta.time),
  });
  return {
    name: 'bench',
    source: 'bench',
    topic,
    events: [sealedContactChanged],
    projections: [rows],
    reservations: [],
  };
}

/** A topic of sealed contacts, with a key for each of them. */
export class SealedContacts {
  readonly #split = new EventCatalogue([sealedContactChanged]).split(sealedContactChanged.type);
  readonly #keys = new Map<string, { readonly id: string; readonly key: Buffer }>();

  constructor(
    private readonly topic: string,
    private readonly masterKeys: MasterKeys,
  ) {}

  /** The topic's events in order. */
  records(events: number): Generator<LogRecord> {
    return chained(events, sealedContactChanged, (contact, about) =>
      sealValue(unsealedValue(this.#parts(contact)), this.#keyOf(about.stream), about),
    );
  }

  /** Keys of the contacts that {@link records} has gone through. */
  *keys(): Generator<LogRecord> {
    const wrappedAt = new Date().toISOString();
    for (const [subject, { id, key }] of this.#keys) {
      const name = { topic: this.topic, subject, id };
      const wrapped = this.masterKeys.wrap(key, keyName(name));
      yield toKeyRecord({ ...name, state: 'kept', wrapped, wrappedAt }, Date.now());
    }
  }

  #parts(contact: Contact): PersonalParts {
    const parts = this.#split?.(contact);
    if (!parts) throw new Error('a contact without anything personal');
    return parts;
  }

  #keyOf(stream: string): { readonly id: string; readonly key: Buffer } {
    const known = this.#keys.get(stream);
    if (known) return known;
    const made = { id: randomBytes(KEY_ID_BYTES).toString('base64url'), key: randomBytes(KEY_BYTES) };
    this.#keys.set(stream, made);
    return made;
  }
}
