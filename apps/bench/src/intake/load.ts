import type { ContactRecord } from '@samspill/contracts';
import type { CompanyId } from '@samspill/kernel';
import pg from 'pg';
import { waitFor } from '@samspill/testing';
import { ndjson } from './changes.js';
import type { Stage } from './stage.js';

/** Records in a batch: what an agent sends at its first synchronisation. */
const BATCH = 2_000;
const VISIBLE_WITHIN_MS = 15 * 60_000;

export interface LoadResult {
  /** From the first request to the last answer. */
  readonly acceptedMs: number;
  /** From the first request until the last row is in the directory. */
  readonly visibleMs: number;
}

/**
 * Sends each company's records as its agent would, all companies at once, and waits until the directory shows them. The batches
 * are written beforehand: on one machine the sender's own work would slow down what is measured.
 */
export async function loadThroughHttp(
  stage: Stage,
  companies: readonly {
    readonly id: CompanyId;
    readonly records: Iterable<ContactRecord>;
    readonly count: number;
  }[],
): Promise<LoadResult> {
  const senders = companies.map(({ id, records, count }) => ({ id, batches: batchesOf(records, count) }));
  const database = new pg.Client({ connectionString: await stage.databaseUrl('contacts') });
  await database.connect();
  try {
    const target =
      (await published(database)) +
      companies.reduce((sum, { count }) => sum + count + Math.ceil(count / BATCH), 0);
    const startedMs = performance.now();
    await Promise.all(senders.map(({ id, batches }) => sendAll(stage.contactsUrl, id, batches)));
    const acceptedMs = performance.now() - startedMs;
    await waitFor(async () => (await projected(database)) >= target, {
      timeoutMs: VISIBLE_WITHIN_MS,
      describe: 'the directory to show everything',
    });
    return { acceptedMs, visibleMs: performance.now() - startedMs };
  } finally {
    await database.end();
  }
}

function batchesOf(records: Iterable<ContactRecord>, count: number): Buffer[] {
  const batches: Buffer[] = [];
  let batch: ContactRecord[] = [];
  let left = count;
  for (const record of records) {
    if (left === 0) break;
    left -= 1;
    batch.push(record);
    if (batch.length === BATCH || left === 0) {
      batches.push(Buffer.from(ndjson(batch)));
      batch = [];
    }
  }
  return batches;
}

async function sendAll(url: string, company: CompanyId, batches: readonly Buffer[]): Promise<void> {
  const incarnation = process.pid.toString(36) + Date.now().toString(36);
  for (const [index, body] of batches.entries()) {
    const query = `agent=bench&incarnation=${incarnation}&sequence=${index + 1}`;
    const response = await fetch(`${url}/api/contacts/v1/companies/${company}/changes?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`a batch was answered ${response.status}: ${answer}`);
  }
}

/** Events of the contacts topic so far: positions are drawn one an event. */
async function published(database: pg.Client): Promise<number> {
  const result = await database.query<{ count: string }>('SELECT count(*) FROM eventlog.event');
  return Number(result.rows[0]?.count ?? 0);
}

/** Events that the live directory has taken in, over all partitions. */
async function projected(database: pg.Client): Promise<number> {
  const result = await database.query<{ sum: string }>(
    `SELECT coalesce(sum(c.next_offset), 0) AS sum FROM eventlog.checkpoint c
     JOIN eventlog.projection p ON p.name = c.name AND p.version = c.version AND p.live = c.generation
     WHERE c.name = 'contacts.directory'`,
  );
  return Number(result.rows[0]?.sum ?? 0);
}
