import type { CompanyId } from '@samspill/kernel';
import pg from 'pg';
import { percentile } from '../table.js';
import type { Stage } from './stage.js';

const CHANGES_PER_SECOND = 200;
const SECONDS = 30;
/** Agents that send in turn: one waits for its answer before it sends on. */
const AGENTS = 20;
/** Looking is work for the same machine: at 2 ms it cost more than the changes themselves. What is measured is at most this much too long. */
const POLL_MS = 5;

export interface Propagation {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly changes: number;
}

/** Time from the answer to a change until its row is in the directory, under a steady load of single changes. */
export async function propagation(stage: Stage, company: CompanyId): Promise<Propagation> {
  const database = new pg.Client({ connectionString: await stage.databaseUrl('contacts') });
  await database.connect();
  // What Postgres does by itself within a minute; until then it takes the table for as small as it was when it was made.
  await database.query('ANALYZE');
  const answered = new Map<string, number>();
  const visible = new Map<string, number>();
  const total = CHANGES_PER_SECOND * SECONDS;
  try {
    const watching = watch(database, company, answered, visible, total);
    const startedMs = performance.now();
    const agents = Array.from({ length: AGENTS }, async (_, agent) => {
      for (let nth = agent; nth < total; nth += AGENTS) {
        const dueMs = startedMs + (nth * 1_000) / CHANGES_PER_SECOND;
        await sleepUntil(dueMs);
        await sendOne(stage.contactsUrl, company, agent, Math.floor(nth / AGENTS) + 1, `P${nth}`);
        answered.set(`P${nth}`, performance.now());
      }
    });
    await Promise.all(agents);
    await watching;
  } finally {
    await database.end();
  }
  const times = [...visible].map(([number, atMs]) => Math.max(0, atMs - (answered.get(number) ?? atMs)));
  return { p50Ms: percentile(times, 50), p99Ms: percentile(times, 99), changes: times.length };
}

async function sendOne(
  url: string,
  company: CompanyId,
  agent: number,
  sequence: number,
  number: string,
): Promise<void> {
  const body = `${JSON.stringify({ op: 'put', kind: 'supplier', record: { number, name: `Leverandør ${number}` } })}\n`;
  const query = `agent=steady-${agent}&incarnation=${process.pid}&sequence=${sequence}`;
  const response = await fetch(`${url}/api/contacts/v1/companies/${company}/changes?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`a change was answered ${response.status}`);
}

/** The primary key, once for each number. */
const SEEN_SQL = `
  SELECT seen.number FROM unnest($2::text[]) AS waiting (number)
  CROSS JOIN LATERAL (
    SELECT number FROM read.directory_v1 WHERE company = $1 AND kind = 'supplier' AND number = waiting.number LIMIT 1) AS seen`;

/** Notes when each row is first seen; may see a row before its answer has come, which counts as no time at all. */
async function watch(
  database: pg.Client,
  company: CompanyId,
  answered: ReadonlyMap<string, number>,
  visible: Map<string, number>,
  total: number,
): Promise<void> {
  const giveUpAtMs = performance.now() + 3 * SECONDS * 1_000;
  while (visible.size < total) {
    const waiting = [...answered.keys()].filter((number) => !visible.has(number));
    if (waiting.length > 0) {
      const result = await database.query<{ number: string }>({
        name: 'seen',
        text: SEEN_SQL,
        values: [company, waiting],
      });
      const nowMs = performance.now();
      for (const { number } of result.rows) visible.set(number, nowMs);
    }
    if (performance.now() > giveUpAtMs)
      throw new Error(`only ${visible.size} of ${total} changes became visible`);
    await sleepUntil(performance.now() + POLL_MS);
  }
}

async function sleepUntil(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}
