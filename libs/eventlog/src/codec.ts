import type { Actor } from '@samspill/kernel';
import type { StoredEvent } from './event-store.js';
import type { LogRecord } from './log.js';

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
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

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
export function logNameOf(first: LogRecord): string {
  return first.headers[LOG_NAME] ?? first.headers['ce_id'] ?? `at ${first.timestampMs}`;
}

/** A record that is not an event of ours, with what is wrong with it. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError';
}

/**
 * The event of a record. What it lets through can be stored: as an event, as a row's version, and parked.
 * @throws MalformedRecordError naming every header that is missing or wrong.
 */
export function fromRecord(record: LogRecord): StoredEvent {
  const faults: string[] = [];
  const header = (name: string): string => {
    const value = record.headers[name];
    if (value === undefined || value === '') faults.push(`${name} is missing`);
    else if (value.includes(NUL)) faults.push(`${name} holds a NUL character`);
    return value ?? '';
  };
  const positive = (name: string, text: string, max: number): number => {
    const value = Number(text);
    if (text !== '' && (!Number.isInteger(value) || value < 1 || value > max))
      faults.push(`${name} is not a version from 1 to ${max}`);
    return value;
  };
  const schema = header('ce_dataschema');
  const time = header('ce_time');
  if (time !== '' && Number.isNaN(Date.parse(time))) faults.push('ce_time is not a time');
  const actor = header('ce_actor');
  if (actor !== '' && !isActor(actor)) faults.push('ce_actor is not user:…, agent:… or service:…');
  const id = header('ce_id');
  if (id !== '' && !UUID.test(id)) faults.push('ce_id is not a UUID in lower case');
  const stream = header('ce_subject');
  // A name of n characters has n to 3n bytes, so that only long ones have to be measured.
  if (stream.length * 3 > MAX_STREAM_BYTES && Buffer.byteLength(stream) > MAX_STREAM_BYTES) {
    faults.push(`ce_subject has more than ${MAX_STREAM_BYTES} bytes`);
  }
  if (record.key.includes(NUL)) faults.push('the key holds a NUL character');
  const event: StoredEvent = {
    id,
    stream,
    version: positive('ce_streamversion', header('ce_streamversion'), MAX_STREAM_VERSION),
    type: header('ce_type'),
    schemaVersion: positive('ce_dataschema', schema.slice(schema.lastIndexOf(':') + 1), MAX_SCHEMA_VERSION),
    key: record.key,
    time,
    actor: isActor(actor) ? actor : 'service:unknown',
    correlationId: header('ce_correlationid'),
    causationId: header('ce_causationid'),
    ...optional('traceparent', record.headers['traceparent']),
    ...optional('previousHash', record.headers['ce_prevhash']),
    value: record.value,
  };
  for (const name of ['traceparent', 'ce_prevhash']) {
    if (record.headers[name]?.includes(NUL)) faults.push(`${name} holds a NUL character`);
  }
  if (faults.length > 0) throw new MalformedRecordError(faults.join('; '));
  return event;
}

export function isActor(text: string): text is Actor {
  return /^(?:user|agent|service):./s.test(text);
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>>;
function optional(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: value };
}
