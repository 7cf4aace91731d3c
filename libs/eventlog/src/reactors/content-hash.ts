import { createHash } from 'node:crypto';

/**
 * A hash of plain JSON that does not depend on the order of keys. `undefined` members are not there, as in JSON.
 * It stays in the ledger and never gets to the log: what a person's data hash to is about that person as well.
 */
export function contentHash(payload: object): string {
  return createHash('sha256').update(canonical(payload)).digest('base64url');
}

/** The same for the same event and thing, in the form of a UUID (version 8, RFC 9562 §5.8), which most interfaces take. */
export function idempotencyKey(reactor: string, thing: string, eventId: string): string {
  const digest = createHash('sha256').update(`${reactor}\n${thing}\n${eventId}`).digest('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
