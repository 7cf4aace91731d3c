import { createHash } from 'node:crypto';

import { isObject } from '@samspill/contracts';
import { reject, type Fault, type Rejection } from '@samspill/kernel';

/** More changes than this in one batch would hold its one transaction, and everyone behind it, for too long. */
export const MAX_CHANGES = 5_000;
/** Room for that many records of ordinary size, and a bound on what one request may hold in memory. */
export const MAX_BATCH_BYTES = 8 * 1024 * 1024;

export interface NdjsonBatch<Change> {
  readonly changes: readonly Change[];
  /** SHA-256 of the bytes, hex. */
  readonly contentHash: string;
}

/** Reads one line of a batch: a change, or why nobody could be told whose change it was. */
export type ReadChange<Change> = (sent: Readonly<Record<string, unknown>>, line: number) => Change | Fault;

/**
 * Reads a batch of changes: one JSON object a line. A line that is no change at all refuses the batch, with every such line named; a
 * change whose record is bad is for `readChange` to make a change of.
 */
export function readNdjsonBatch<Change extends { readonly line: number }>(
  body: Buffer,
  readChange: ReadChange<Change>,
): NdjsonBatch<Change> | Rejection {
  const faults: Fault[] = [];
  const changes: Change[] = [];
  for (const [index, text] of body.toString('utf8').split('\n').entries()) {
    if (text.trim() === '') continue;
    const change = readLine(text, index + 1, readChange);
    if (isFault(change)) faults.push(change);
    else changes.push(change);
  }
  if (faults.length > 0)
    return reject('batch.unreadable', `${faults.length} lines of the batch are not changes.`, faults);
  if (changes.length === 0)
    return reject('batch.empty', 'The batch holds no changes: send one JSON object a line.');
  if (changes.length > MAX_CHANGES)
    return reject(
      'batch.too-many',
      `The batch holds ${changes.length} changes; at most ${MAX_CHANGES} go together.`,
    );
  return { changes, contentHash: createHash('sha256').update(body).digest('hex') };
}

/** The fault of a line that is no change. */
export function lineFault(line: number, code: string, detail: string): Fault {
  return { pointer: `/${line}`, code, detail: `Line ${line}: ${detail}` };
}

/** What stands for the number of a record that was sent without a usable one: the same whenever the same is sent. */
export function referenceOfSent(sent: Readonly<Record<string, unknown>>): string {
  return `~${createHash('sha256').update(JSON.stringify(sent)).digest('hex').slice(0, 16)}`;
}

function readLine<Change>(text: string, line: number, readChange: ReadChange<Change>): Change | Fault {
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return lineFault(line, 'line.json', 'is not JSON.');
  }
  return isObject(sent) ? readChange(sent, line) : lineFault(line, 'line.object', 'is not a JSON object.');
}

function isFault(change: object): change is Fault {
  return 'pointer' in change;
}
