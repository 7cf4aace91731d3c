import {
  isContactKind,
  isObject,
  parseRecord,
  type ContactKind,
  type ContactRecord,
} from '@samspill/contracts';
import type { Fault, Rejection } from '@samspill/kernel';
import { lineFault, readNdjsonBatch, referenceOfSent, type NdjsonBatch } from '@samspill/platform';

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

export type Batch = NdjsonBatch<Change>;

/**
 * Reads a batch: one JSON object a line, `{"op":"put","kind":"customer","record":{…}}` or
 * `{"op":"delete","kind":"customer","number":"10"}`. A line whose record is bad becomes a `bad` change; a line that is no change at
 * all (no JSON, no kind) refuses the batch, with every such line named, since nobody could be told whose record it was.
 */
export function readBatch(body: Buffer): Batch | Rejection {
  return readNdjsonBatch(body, readChange);
}

/** A change as it was sent, checked by the rules of today: also for one that was rejected and is tried again. */
export function readChange(sent: Readonly<Record<string, unknown>>, line: number): Change | Fault {
  const { op, kind } = sent;
  if (typeof kind !== 'string' || !isContactKind(kind)) {
    return lineFault(line, 'line.kind', 'kind must be customer, supplier or contact-person.');
  }
  if (op === 'put') return readPut(kind, sent, line);
  if (op === 'delete') return readDelete(kind, sent, line);
  return lineFault(line, 'line.op', 'op must be put or delete.');
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
  const reference = usable ?? referenceOfSent(sent);
  return { kind: 'bad', line, recordKind: kind, number: usable, reference, faults, sent };
}

/** A number as records have it, or undefined. A probe record of nothing else tells by the same rule as for records. */
function usableNumber(value: unknown): string | undefined {
  const probe = parseRecord('customer', { number: value, name: 'x' });
  return probe.ok ? probe.record.number : undefined;
}
