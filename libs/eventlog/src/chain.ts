import { hash } from 'node:crypto';
import type { StoredEvent } from './event-store.js';

/**
 * The hash by which the next event of a stream names this one: SHA-256 over what the event is and says, as base64url (43
 * characters). Each field is written with its length, so that no two events read the same. `traceparent` is left out: it says how
 * an event came about for those who watch, and nothing about what happened.
 *
 * It is taken over the bytes as stored, so that it can be checked without being able to read them.
 */
export function chainHash(event: StoredEvent): string {
  const fields = [
    event.id,
    event.stream,
    String(event.version),
    event.type,
    String(event.schemaVersion),
    event.key,
    event.time,
    event.actor,
    event.correlationId,
    event.causationId,
    event.previousHash ?? '',
  ];
  let head = '';
  for (const field of fields) head += `${Buffer.byteLength(field)}:${field}`;
  return hash(
    'sha256',
    Buffer.concat([Buffer.from(`${head}${event.value.length}:`), event.value]),
    'base64url',
  );
}
