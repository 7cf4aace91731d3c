import { createHash } from 'node:crypto';
import { isContactKind, parseRecord, type ContactKind, type ContactRecord } from '@samspill/contracts';
import { reject, type Fault, type Rejection } from '@samspill/kernel';

/** More changes than this in one batch would hold its one transaction, and everyone behind it, for too long. */
export const MAX_CHANGES = 5_000;
/** Room for that many records of ordinary size, and a bound on what one request may hold in memory. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/** One change as an agent sent it, checked. */
export type Change =
  | { readonly kind: 'put'; readonly line: number; readonly record: ContactRecord }
  | {
      readonly kind: 'remove';
      readonly line: number;
      readonly recordKind: ContactKind;
      readonly number: string;
    }
  | {
      readonly kind: 'bad';
      readonly line: number;
      readonly recordKind: ContactKind;
      /** The number, if there is one that can be used; else a reference made of what was sent. */
      readonly number: string | undefined;
      readonly reference: string;
      readonly faults: readonly Fault[];
      readonly sent: Readonly<Record<string, unknown>>;
    };

export interface Batch {
  readonly changes: readonly Change[];
  /** SHA-256 of the bytes, hex. */
  readonly contentHash: string;
}

/**
 * Reads a batch: one JSON object a line, `{"op":"put","kind":"customer","record":{…}}` or
 * `{"op":"delete","kind":"customer","number":"10"}`. A line whose record is bad becomes a `bad` change; a line that is no change at
 * all (no JSON, no kind) refuses the batch, with every such line named, since nobody could be told whose record it was.
 */
export function readBatch(body: Buffer): Batch | Rejection {
  const lines = body.toString('utf8').split('\n');
  const faults: Fault[] = [];
  const changes: Change[] = [];
  lines.forEach((text, index) => {
    if (text.trim() === '') return;
    const change = readLine(text, index + 1);
    if ('pointer' in change) faults.push(change);
    else changes.push(change);
  });
  if (faults.length > 0)
    return reject('batch.unreadable', `${faults.length} lines of the batch are not changes.`, faults);
  if (changes.length === 0)
    return reject('batch.empty', 'The batch holds no changes: send one JSON object a line.');
  if (changes.length > MAX_CHANGES) {
    return reject(
      'batch.too-many',
      `The batch holds ${changes.length} changes; at most ${MAX_CHANGES} go together.`,
    );
  }
  return { changes, contentHash: createHash('sha256').update(body).digest('hex') };
}

function readLine(text: string, line: number): Change | Fault {
  const fault = (code: string, detail: string): Fault => ({
    pointer: `/${line}`,
    code,
    detail: `Line ${line}: ${detail}`,
  });
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return fault('line.json', 'is not JSON.');
  }
  if (!isObject(sent)) return fault('line.object', 'is not a JSON object.');
  return readChange(sent, line);
}

/** A change as it was sent, checked by the rules of today: also for one that was rejected and is tried again. */
export function readChange(sent: Readonly<Record<string, unknown>>, line: number): Change | Fault {
  const fault = (code: string, detail: string): Fault => ({
    pointer: `/${line}`,
    code,
    detail: `Line ${line}: ${detail}`,
  });
  const { op, kind } = sent;
  if (typeof kind !== 'string' || !isContactKind(kind)) {
    return fault('line.kind', 'kind must be customer, supplier or contact-person.');
  }
  if (op === 'put') return readPut(kind, sent, line);
  if (op === 'delete') return readDelete(kind, sent, line);
  return fault('line.op', 'op must be put or delete.');
}

function readPut(kind: ContactKind, sent: Readonly<Record<string, unknown>>, line: number): Change {
  const parsed = parseRecord(kind, sent['record']);
  if (parsed.ok) return { kind: 'put', line, record: parsed.record };
  const record = sent['record'];
  return bad(kind, isObject(record) ? record['number'] : undefined, parsed.faults, sent, line);
}

function readDelete(kind: ContactKind, sent: Readonly<Record<string, unknown>>, line: number): Change {
  const number = usableNumber(sent['number']);
  if (number !== undefined) return { kind: 'remove', line, recordKind: kind, number };
  const fault = {
    pointer: '/number',
    code: 'number.missing',
    detail: 'A deletion needs the number of the record.',
  };
  return bad(kind, undefined, [fault], sent, line);
}

/** @param number the number as sent, usable or not */
function bad(
  kind: ContactKind,
  number: unknown,
  faults: readonly Fault[],
  sent: Readonly<Record<string, unknown>>,
  line: number,
): Change {
  const usable = usableNumber(number);
  const reference =
    usable ?? `~${createHash('sha256').update(JSON.stringify(sent)).digest('hex').slice(0, 16)}`;
  return { kind: 'bad', line, recordKind: kind, number: usable, reference, faults, sent };
}

/** A number as records have it, or undefined. A probe record of nothing else tells by the same rule as for records. */
function usableNumber(value: unknown): string | undefined {
  const probe = parseRecord('customer', { number: value, name: 'x' });
  return probe.ok ? probe.record.number : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
