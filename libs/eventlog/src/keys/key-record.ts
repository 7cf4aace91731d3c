import { z } from 'zod';
import type { LogRecord, ReceivedRecord } from '../log.js';
import { keyName, type StoredKey } from './key-store.js';

const name = { topic: z.string(), subject: z.string(), id: z.string() };
const content = z.discriminatedUnion('state', [
  z.object({
    ...name,
    state: z.literal('kept'),
    master: z.string(),
    wrapped: z.base64(),
    wrappedAt: z.iso.datetime(),
  }),
  z.object({ ...name, state: z.literal('forgotten'), by: z.uuid() }),
]);

/**
 * A key on the topic of keys. Record key: `<topic>/<subject>/<id>`, so that two processes that make a key for a subject at once are not in
 * each other's way. A forgotten key's record says so, and by which event, for ever: whoever comes late must not take it for one that has
 * not arrived.
 */
export function toKeyRecord(key: StoredKey, nowMs: number): LogRecord {
  const { topic, subject, id } = key;
  const said: z.input<typeof content> =
    key.state === 'kept'
      ? {
          topic,
          subject,
          id,
          state: 'kept',
          master: key.wrapped.master,
          wrapped: key.wrapped.bytes.toString('base64'),
          wrappedAt: key.wrappedAt,
        }
      : { topic, subject, id, state: 'forgotten', by: key.by };
  return {
    key: keyName(key),
    headers: { 'content-type': 'application/json' },
    value: Buffer.from(JSON.stringify(said)),
    timestampMs: nowMs,
  };
}

/** The topic whose events the key of a record seals, from the record's own key: records of others need not be parsed. */
export function sealedTopicOf({ key }: Pick<ReceivedRecord, 'key'>): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

/** The key of a record; undefined where it says none. */
export function fromKeyRecord(record: ReceivedRecord): StoredKey | undefined {
  const said = content.safeParse(jsonOf(record.value));
  if (!said.success) return undefined;
  const { topic, subject, id } = said.data;
  const key: StoredKey =
    said.data.state === 'kept'
      ? {
          topic,
          subject,
          id,
          state: 'kept',
          wrapped: { master: said.data.master, bytes: Buffer.from(said.data.wrapped, 'base64') },
          wrappedAt: said.data.wrappedAt,
        }
      : { topic, subject, id, state: 'forgotten', by: said.data.by };
  return keyName(key) === record.key ? key : undefined;
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}
