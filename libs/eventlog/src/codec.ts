import { isUuid, type Actor } from '@samspill/kernel';
import type { StoredEvent } from './event-store.js';
import type { LogRecord, ReceivedRecord } from './log.js';

/**
 * An event on the log is a CloudEvent 1.0 in Kafka's binary mode (https://github.com/cloudevents/spec, kafka-protocol-binding):
 * attributes are headers, data is the record's value. This file is the only one that knows the headers' names.
 */
const SCHEMA_PREFIX = 'urn:samspill:schema:';

/** A stream's name is indexed, and an index entry takes 2,704 bytes at most. */
export const MAX_STREAM_BYTES = 1_000;
const MAX_STREAM_VERSION = 2_147_483_647;
const MAX_SCHEMA_VERSION = 32_767;
const NUL = '\u0000';
const NIL_UUID = '00000000-0000-0000-0000-000000000000';
const UNKNOWN_ACTOR = 'service:unknown';
const ZERO = '0'.charCodeAt(0);
/** So narrow that whatever fits can be parsed, which takes ten times as long. */
const RFC_3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The record of an event; `source` names the service that wrote it. */
export function toRecord(event: StoredEvent, source: string): LogRecord {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_type: event.type,
    ce_source: source,
    ce_subject: event.stream,
    ce_time: event.time,
    ce_dataschema: `${SCHEMA_PREFIX}${event.type}:${event.schemaVersion}`,
    'content-type': 'application/json',
    ce_streamversion: String(event.version),
    ce_correlationid: event.correlationId,
    ce_causationid: event.causationId,
    ce_actor: event.actor,
  };
  if (event.previousHash !== undefined) headers['ce_prevhash'] = event.previousHash;
  if (event.traceparent !== undefined) headers['traceparent'] = event.traceparent;
  return { key: event.key, headers, value: event.value, timestampMs: Date.parse(event.time) };
}

/**
 * The first record of a partition names that partition's log. A topic made anew is filled with the same events again, so its first
 * record carries a name of its own besides.
 */
const LOG_NAME = 'ce_logid';

/** The record, as the first one of a partition. */
export function asFirstRecord(record: LogRecord, logName: string): LogRecord {
  return { ...record, headers: { ...record.headers, [LOG_NAME]: logName } };
}

/** What a partition's first record calls the partition's log. */
export function logNameOf(first: ReceivedRecord): string {
  return first.header(LOG_NAME) ?? first.header('ce_id') ?? `at ${first.timestampMs}`;
}

/** A record that is not an event of ours, with what is wrong with it. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError';
}

/** What a record says first: which event of which stream it is, and of which type. */
export interface EventIdentity {
  readonly stream: string;
  readonly version: number;
  readonly type: string;
}

/**
 * Which event a record is; undefined where its headers do not say. Enough to know whether a projection reads it and which later
 * event supersedes it, and all that is decoded of most records.
 */
export function identityOf(record: ReceivedRecord): EventIdentity | undefined {
  const type = record.header('ce_type');
  const stream = record.header('ce_subject');
  const version = versionIn(record.header('ce_streamversion'), MAX_STREAM_VERSION);
  const isWhole =
    version !== undefined &&
    faultOfText(type) === undefined &&
    (faultOfText(stream) ?? faultOfLength(stream)) === undefined;
  return isWhole && type !== undefined && stream !== undefined ? { stream, version, type } : undefined;
}

/**
 * The event of a record. What it lets through can be stored: as an event, as a row's version, and parked.
 * @param identity what {@link identityOf} has said of the record
 * @throws MalformedRecordError naming every header that is missing or wrong.
 */
export function fromRecord(record: ReceivedRecord, identity = identityOf(record)): StoredEvent {
  const faults: string[] = [];
  const text = (name: string): string => {
    const value = record.header(name);
    const fault = faultOfText(value);
    if (fault !== undefined) faults.push(`${name} ${fault}`);
    return value ?? '';
  };
  const { stream, version, type } = identity ?? identityWithFaults(record, faults);
  const id = text('ce_id');
  if (id !== '' && !isUuid(id)) faults.push('ce_id is not a UUID in lower case');
  const time = text('ce_time');
  if (time !== '' && !RFC_3339.test(time)) faults.push('ce_time is not a time');
  const schema = text('ce_dataschema');
  const schemaVersion = schemaVersionIn(schema);
  if (schema !== '' && schemaVersion === undefined)
    faults.push(`ce_dataschema is not a version from 1 to ${MAX_SCHEMA_VERSION}`);
  const actor = text('ce_actor');
  if (actor !== '' && !isActor(actor)) faults.push('ce_actor is not user:…, agent:… or service:…');
  const correlationId = text('ce_correlationid');
  const causationId = text('ce_causationid');
  const { key, value } = record;
  if (key.includes(NUL)) faults.push('the key holds a NUL character');
  const event: Writable<StoredEvent> = {
    id,
    stream,
    version,
    type,
    schemaVersion: schemaVersion ?? 0,
    key,
    time,
    actor: isActor(actor) ? actor : UNKNOWN_ACTOR,
    correlationId,
    causationId,
    value,
  };
  const traceparent = record.header('traceparent');
  if (traceparent !== undefined) event.traceparent = traceparent;
  const previousHash = record.header('ce_prevhash');
  if (previousHash !== undefined) event.previousHash = previousHash;
  if (traceparent?.includes(NUL)) faults.push('traceparent holds a NUL character');
  if (previousHash?.includes(NUL)) faults.push('ce_prevhash holds a NUL character');
  if (faults.length > 0) throw new MalformedRecordError(faults.join('; '));
  return event;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** What there is of an identity that is not whole, with what is wrong with it. */
function identityWithFaults(record: ReceivedRecord, faults: string[]): EventIdentity {
  const type = record.header('ce_type');
  const stream = record.header('ce_subject');
  const digits = record.header('ce_streamversion');
  const version = versionIn(digits, MAX_STREAM_VERSION);
  const all = {
    ce_type: faultOfText(type),
    ce_subject: faultOfText(stream) ?? faultOfLength(stream),
    ce_streamversion:
      faultOfText(digits) ??
      (version === undefined ? `is not a version from 1 to ${MAX_STREAM_VERSION}` : undefined),
  };
  for (const [name, fault] of Object.entries(all)) if (fault !== undefined) faults.push(`${name} ${fault}`);
  return { stream: stream ?? '', version: version ?? 0, type: type ?? '' };
}

/**
 * A malformed record as an event that can be set aside: what is usable of it, and in place of the rest what says that it is not
 * known (the nil UUID, the time of the record, `service:unknown`, schema version 0).
 * @param identity its own, or the name of its place where it has none
 */
export function salvage(record: ReceivedRecord, identity: EventIdentity): StoredEvent {
  const text = (name: string): string => printable(record.header(name) ?? '');
  const [id, time, actor] = [text('ce_id'), text('ce_time'), text('ce_actor')];
  const arrived = new Date(record.timestampMs);
  const arrivedAt = Number.isNaN(arrived.getTime()) ? '' : arrived.toISOString();
  return {
    ...identity,
    id: isUuid(id) ? id : NIL_UUID,
    schemaVersion: schemaVersionIn(text('ce_dataschema')) ?? 0,
    key: printable(record.key),
    time: [time, arrivedAt].find((text) => RFC_3339.test(text)) ?? new Date(0).toISOString(),
    actor: isActor(actor) ? actor : UNKNOWN_ACTOR,
    correlationId: text('ce_correlationid'),
    causationId: text('ce_causationid'),
    value: record.value,
  };
}

function faultOfText(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return 'is missing';
  return value.includes(NUL) ? 'holds a NUL character' : undefined;
}

/** A name of n characters has n to 3n bytes, so that only long ones have to be measured. */
function faultOfLength(stream = ''): string | undefined {
  const isLong = stream.length * 3 > MAX_STREAM_BYTES && Buffer.byteLength(stream) > MAX_STREAM_BYTES;
  return isLong ? `has more than ${MAX_STREAM_BYTES} bytes` : undefined;
}

/** Digits only, none of them a leading 0. Each record is asked for its version, and a regular expression takes ten times as long. */
function versionIn(digits: string | undefined, max: number): number | undefined {
  if (digits === undefined || digits === '' || digits.startsWith('0')) return undefined;
  let version = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(index) - ZERO;
    version = version * 10 + digit;
    if (digit < 0 || digit > 9 || version > max) return undefined;
  }
  return version;
}

function schemaVersionIn(schema: string): number | undefined {
  return versionIn(schema.slice(schema.lastIndexOf(':') + 1), MAX_SCHEMA_VERSION);
}

function printable(text: string): string {
  return text.replaceAll(NUL, '\ufffd');
}

export function isActor(text: string): text is Actor {
  return /^(?:user|agent|service):./s.test(text);
}
