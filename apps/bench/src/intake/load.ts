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

/** Sends each company's records as its agent would, all companies at once, and waits until the directory shows them. */
export async function loadThroughHttp(
  stage: Stage,
  companies: readonly { readonly id: CompanyId; readonly records: Iterable<ContactRecord>; readonly count: number }[],
): Promise<LoadResult> {
  const database = new pg.Client({ connectionString: await stage.databaseUrl('contacts') });
  await database.connect();
  try {
    const target = (await published(database)) + companies.reduce((sum, { count }) => sum + count + Math.ceil(count / BATCH), 0);
    const startedMs = performance.now();
    await Promise.all(companies.map(({ id, records, count }) => sendAll(stage.contactsUrl, id, records, count)));
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

async function sendAll(url: string, company: CompanyId, records: Iterable<ContactRecord>, count: number): Promise<void> {
  const incarnation = process.pid.toString(36) + Date.now().toString(36);
  let sequence = 0;
  let batch: ContactRecord[] = [];
  let sent = 0;
  const send = async (): Promise<void> => {
    sequence += 1;
    const query = `agent=bench&incarnation=${incarnation}&sequence=${sequence}`;
    const response = await fetch(`${url}/api/contacts/v1/companies/${company}/changes?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: ndjson(batch),
    });
    if (!response.ok) throw new Error(`a batch was answered ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
    batch = [];
  };
  for (const record of records) {
    if (sent === count) break;
    sent += 1;
    batch.push(record);
    if (batch.length === BATCH) await send();
  }
  if (batch.length > 0) await send();
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
