import type { EventCatalogue } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import { fromRecord, MalformedRecordError } from './codec.js';
import type { StoredEvent } from './event-store.js';
import type { ReceivedRecord } from './log.js';

export type Reading =
  | { readonly kind: 'event'; readonly event: Recorded }
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * A record on its way into projections. Header fields are read at once, the data only when somebody asks, and once for all who do:
 * an event that a later one supersedes is never parsed.
 */
export class Incoming {
  readonly stored: StoredEvent;
  readonly offset: bigint;
  readonly #malformed: string | undefined;
  #reading: Reading | undefined;

  constructor(
    record: ReceivedRecord,
    readonly topic: string,
    readonly partition: number,
    private readonly catalogue: EventCatalogue,
  ) {
    this.offset = record.offset;
    try {
      this.stored = fromRecord(record);
    } catch (error) {
      if (!(error instanceof MalformedRecordError)) throw error;
      this.#malformed = error.message;
      this.stored = malformed(record, topic, partition);
    }
  }

  /** Whether a projection that reads these types has to look at it. A record that is no event concerns everyone. */
  concerns(types: ReadonlySet<string>): boolean {
    return this.#malformed !== undefined || types.has(this.stored.type);
  }

  read(): Reading {
    this.#reading ??= this.#decode();
    return this.#reading;
  }

  #decode(): Reading {
    if (this.#malformed !== undefined)
      return { kind: 'unreadable', reason: `not an event: ${this.#malformed}` };
    const { value, type, schemaVersion, previousHash: _previousHash, ...meta } = this.stored;
    const decoded = this.catalogue.decode(type, schemaVersion, value.toString('utf8'));
    switch (decoded.kind) {
      case 'event':
        return { kind: 'event', event: { type, data: decoded.data, meta } };
      case 'unreadable':
        return decoded;
      case 'unknown-type':
        return { kind: 'unreadable', reason: `${type} is not an event that this service knows` };
    }
  }
}

/** A record without the headers of an event stands alone, under a name made of its place. */
function malformed(record: ReceivedRecord, topic: string, partition: number): StoredEvent {
  return {
    id: '00000000-0000-0000-0000-000000000000',
    stream: `malformed/${topic}/${partition}/${record.offset}`,
    version: 1,
    type: 'malformed',
    schemaVersion: 1,
    key: record.key.replaceAll('\u0000', '\ufffd'),
    time: new Date(record.timestampMs).toISOString(),
    actor: 'service:unknown',
    correlationId: '',
    causationId: '',
    value: record.value,
  };
}
