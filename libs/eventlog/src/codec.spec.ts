import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  asFirstRecord,
  fromRecord,
  identityOf,
  logNameOf,
  MalformedRecordError,
  MAX_STREAM_BYTES,
  salvage,
  toRecord,
} from './codec.js';
import type { StoredEvent } from './event-store.js';
import type { LogRecord } from './log.js';
import { DecodedRecord } from './received-record.js';

/** Texts as headers can hold them: anything but NUL and half a surrogate pair. */
const text = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .map((value) => value.toWellFormed().replaceAll('\u0000', '·'));
const version = fc.integer({ min: 1, max: 2_147_483_647 });
const event: fc.Arbitrary<StoredEvent> = fc
  .record(
    {
      id: fc.uuid(),
      stream: text,
      version,
      type: text,
      schemaVersion: fc.integer({ min: 1, max: 32_767 }),
      key: text,
      time: fc
        .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      actor: fc
        .tuple(fc.constantFrom('user', 'agent', 'service'), text)
        .map(([kind, name]): StoredEvent['actor'] => `${kind}:${name}`),
      correlationId: text,
      causationId: text,
      traceparent: text,
      previousHash: text,
      value: fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
    },
    {
      requiredKeys: [
        'id',
        'stream',
        'version',
        'type',
        'schemaVersion',
        'key',
        'time',
        'actor',
        'correlationId',
        'causationId',
        'value',
      ],
    },
  )
  .map((fields) => ({ ...fields })); // fast-check's records may have no prototype

const sample: StoredEvent = {
  id: '01989a2e-6f3a-7c52-9d0f-3f1c0a7b5e11',
  stream: 'contacts.customer/company/7',
  version: 3,
  type: 'contacts.customer.changed',
  schemaVersion: 2,
  key: 'company',
  time: '2026-03-01T12:00:00.000Z',
  actor: 'agent:erp',
  correlationId: 'request',
  causationId: 'request',
  value: Buffer.from('{"name":"Ærø"}'),
};

const received = (record: LogRecord): DecodedRecord => new DecodedRecord(record, 7n);

describe('an event as a record', () => {
  it('comes back from a record as it went in', () => {
    fc.assert(
      fc.property(event, (given) => {
        expect(fromRecord(received(toRecord(given, 'some-service')))).toEqual(given);
      }),
    );
  });

  it('comes back with an actor whose name begins with a line feed', () => {
    const given: StoredEvent = { ...sample, actor: 'user:\n7' };
    expect(fromRecord(received(toRecord(given, 'some-service')))).toEqual(given);
  });

  it('is a CloudEvent in binary mode', () => {
    expect(toRecord(sample, 'contacts-sync')).toEqual({
      key: 'company',
      timestampMs: Date.parse('2026-03-01T12:00:00Z'),
      value: sample.value,
      headers: {
        ce_specversion: '1.0',
        ce_id: sample.id,
        ce_type: 'contacts.customer.changed',
        ce_source: 'contacts-sync',
        ce_subject: 'contacts.customer/company/7',
        ce_time: '2026-03-01T12:00:00.000Z',
        ce_dataschema: 'urn:samspill:schema:contacts.customer.changed:2',
        'content-type': 'application/json',
        ce_streamversion: '3',
        ce_correlationid: 'request',
        ce_causationid: 'request',
        ce_actor: 'agent:erp',
      },
    });
  });

  it.each([
    ['ce_id', undefined, /ce_id is missing/],
    ['ce_id', 'seven', /ce_id is not a UUID/],
    ['ce_subject', '', /ce_subject is missing/],
    ['ce_subject', 'a\u0000b', /ce_subject holds a NUL/],
    ['ce_subject', 'ø'.repeat(MAX_STREAM_BYTES / 2 + 1), /ce_subject has more than 1000 bytes/],
    ['ce_streamversion', '0', /ce_streamversion is not a version/],
    ['ce_streamversion', '1.5', /ce_streamversion is not a version/],
    ['ce_streamversion', '2147483648', /ce_streamversion is not a version/],
    ['ce_dataschema', 'urn:samspill:schema:contacts.customer.changed', /ce_dataschema is not a version/],
    ['ce_streamversion', '0x1', /ce_streamversion is not a version/],
    ['ce_time', 'yesterday', /ce_time is not a time/],
    ['ce_time', 'the 7th', /ce_time is not a time/],
    ['ce_actor', 'nobody', /ce_actor is not/],
    ['ce_actor', 'user:', /ce_actor is not/],
    ['traceparent', '\u0000', /traceparent holds a NUL/],
  ])('is refused with %s = %j', (name, value, fault) => {
    const record = toRecord(sample, 'some-service');
    const headers = Object.fromEntries(
      Object.entries({ ...record.headers, [name]: value }).flatMap(([header, text_]) =>
        text_ === undefined ? [] : [[header, text_]],
      ),
    );
    expect(() => fromRecord(received({ ...record, headers }))).toThrow(fault);
    expect(() => fromRecord(received({ ...record, headers }))).toThrow(MalformedRecordError);
  });

  it('is refused with every fault at once', () => {
    const nothing = received({ key: '\u0000', headers: {}, value: Buffer.alloc(0), timestampMs: 0 });
    expect(() => fromRecord(nothing)).toThrow(
      /ce_subject is missing.*ce_id is missing.*ce_time is missing.*the key holds a NUL/,
    );
  });
});

describe('a record that is not quite an event', () => {
  it('says which event it is wherever stream, version and type are usable, and what is left of it can be stored', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('', '\u0000', 'user:\u0000', '2026-01-01T00:00:00Z', sample.id, '99999999999'),
    );
    const names = Object.keys(toRecord(sample, 'x').headers);
    const damage = fc.dictionary(fc.constantFrom(...names, 'traceparent', 'ce_prevhash'), anything, {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(damage, anything, fc.double(), (changes, key, timestampMs) => {
        const record = toRecord(sample, 'x');
        const given = received({ ...record, key, timestampMs, headers: { ...record.headers, ...changes } });
        const identity = identityOf(given);
        const whole = eventIn(given);
        if (whole)
          expect(identity).toEqual({ stream: whole.stream, version: whole.version, type: whole.type });
        if (!identity) return;
        const salvaged = salvage(given, identity);
        expect(salvaged).toMatchObject(identity);
        expect(JSON.stringify({ ...salvaged, value: '' })).not.toContain('\\u0000');
        expect(new Date(salvaged.time).getTime()).not.toBeNaN();
        // What can be stored is what a reader of our own would take for an event.
        expect(
          fromRecord(received(toRecord({ ...fallbacks, ...withoutEmpty(salvaged) }, 'x'))),
        ).toBeDefined();
      }),
    );
  });

  it('keeps what is usable and says of the rest that it is not known', () => {
    const record = toRecord({ ...sample, key: 'a\u0000b' }, 'x');
    const headers = { ...record.headers, ce_id: 'seven', ce_time: 'yesterday', ce_actor: '' };
    const given = received({ ...record, headers });
    const identity = { stream: sample.stream, version: 3, type: sample.type };
    expect(identityOf(given)).toEqual(identity);
    expect(salvage(given, identity)).toEqual({
      ...sample,
      id: '00000000-0000-0000-0000-000000000000',
      key: 'a\ufffdb',
      actor: 'service:unknown',
    });
  });
});

/** What stands in where a malformed record has nothing at all. */
const fallbacks: StoredEvent = { ...sample, schemaVersion: 1 };

function withoutEmpty(event: StoredEvent): Partial<StoredEvent> {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== '' && value !== 0));
}

function eventIn(record: DecodedRecord): StoredEvent | undefined {
  try {
    return fromRecord(record);
  } catch (error) {
    if (error instanceof MalformedRecordError) return undefined;
    throw error;
  }
}

describe('the name of a partition’s log', () => {
  it('is another one when the same events are written into a topic made anew', () => {
    const record = toRecord(sample, 'some-service');
    const names = [record, asFirstRecord(record, 'one'), asFirstRecord(record, 'other')].map((each) =>
      logNameOf(received(each)),
    );
    expect(new Set(names).size).toBe(3);
    expect(fromRecord(received(asFirstRecord(record, 'one')))).toEqual(sample);
  });
});
