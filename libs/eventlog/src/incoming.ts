import type { EventCatalogue } from '@samspill/contracts';
import type { EventMeta, Recorded } from '@samspill/kernel';
import { fromRecord, identityOf, MalformedRecordError, salvage, type EventIdentity } from './codec.js';
import type { StoredEvent } from './event-store.js';
import { locked, type LazyKey } from './keys/event-keys.js';
import { keyIdOf, openValue } from './keys/sealed-value.js';
import type { ReceivedRecord } from './log.js';

export type Reading =
  | { readonly kind: 'event'; readonly event: Recorded }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A record's headers: an event, or what is left of one that is malformed, with what is wrong with it. */
interface Opened {
  readonly stored: StoredEvent;
  readonly malformed: string | undefined;
}

/**
 * A record on its way into projections. Stream, version and type are read at once; the other headers and the data only when somebody
 * asks, and once for all who do: of an event that a later one supersedes no more is ever decoded.
 */
export class Incoming {
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly #identity: EventIdentity | undefined;
  #opened: Opened | undefined;
  #key: LazyKey | undefined;
  #reading: Reading | undefined;

  constructor(
    private readonly record: ReceivedRecord,
    readonly topic: string,
    readonly partition: number,
    private readonly catalogue: EventCatalogue,
  ) {
    const own = identityOf(record);
    const identity = own ?? placeName(record, { topic, partition });
    this.#identity = own;
    this.stream = identity.stream;
    this.version = identity.version;
    this.type = identity.type;
  }

  get offset(): bigint {
    return this.record.offset;
  }

  /** The event as it is stored; of a malformed record what can be stored. */
  get stored(): StoredEvent {
    return this.#open().stored;
  }

  /** Whether a projection that reads these types has to look at it. A record that does not say what it is concerns everyone. */
  concerns(types: ReadonlySet<string>): boolean {
    return this.#identity === undefined || types.has(this.type);
  }

  /** Id of the key that its personal data is sealed with, until {@link unlock}; undefined where nothing is sealed. */
  get lockedWith(): string | undefined {
    return this.#key ? undefined : keyIdOf(this.record.value);
  }

  /** The key that it was unlocked with. */
  get key(): LazyKey | undefined {
    return this.#key;
  }

  unlock(key: LazyKey): void {
    this.#key = key;
  }

  /** @throws PlatformError `eventlog.keys-not-given` where it is still locked, `eventlog.master-key-missing` */
  read(): Reading {
    this.#reading ??= this.#decode();
    return this.#reading;
  }

  #open(): Opened {
    this.#opened ??= open(this.record, this.#identity, this);
    return this.#opened;
  }

  #decode(): Reading {
    const { stored, malformed } = this.#open();
    if (malformed !== undefined) return { kind: 'unreadable', reason: `not an event: ${malformed}` };
    const { value, type, schemaVersion, stream } = stored;
    if (this.lockedWith !== undefined) throw locked(stream);
    const key = this.#key?.();
    const decoded = this.catalogue.decodeWith(type, schemaVersion, () => openValue(value, key, stored));
    switch (decoded.kind) {
      case 'event':
        return { kind: 'event', event: { type, data: decoded.data, meta: metaOf(stored) } };
      case 'unreadable':
        return decoded;
      case 'unknown-type':
        return { kind: 'unreadable', reason: `${type} is not an event that this service knows` };
    }
  }
}

function open(
  record: ReceivedRecord,
  identity: EventIdentity | undefined,
  { stream, version, type }: EventIdentity,
): Opened {
  try {
    return { stored: fromRecord(record, identity), malformed: undefined };
  } catch (error) {
    if (!(error instanceof MalformedRecordError)) throw error;
    return { stored: salvage(record, { stream, version, type }), malformed: error.message };
  }
}

/** Spelt out: to leave a few fields out of a copy takes as long as all the rest of decoding the headers. */
function metaOf(stored: StoredEvent): EventMeta {
  const { id, stream, version, key, time, actor, correlationId, causationId, traceparent } = stored;
  const meta = { id, stream, version, key, time, actor, correlationId, causationId };
  return traceparent === undefined ? meta : { ...meta, traceparent };
}

/** A record that does not say which event it is stands alone, under a name made of its place. */
export function placeName(
  record: ReceivedRecord,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): EventIdentity {
  return { stream: `malformed/${topic}/${partition}/${record.offset}`, version: 1, type: 'malformed' };
}
