import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { contactOf, VERSIONS } from './bench-contact.js';
import type { Contender } from './contender.js';
import { PLAIN_TABLE } from './plain-table.js';
import { stopwatch } from './stopwatch.js';

const LINES_A_CHUNK = 1_000;

/** The least that filling the table can cost: its rows are lines of text in memory already. */
export const copyOnly: Contender = async ({ databaseUrl, events }) => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(PLAIN_TABLE);
  const chunks = linesOf(Math.ceil(events / VERSIONS));
  const elapsed = stopwatch();
  await pipeline(Readable.from(chunks), client.query(copyFrom('COPY contact FROM STDIN')));
  const run = { ...elapsed(), rows: Math.ceil(events / VERSIONS) };
  await client.end();
  return run;
};

function linesOf(count: number): readonly Buffer[] {
  const chunks: Buffer[] = [];
  for (let from = 0; from < count; from += LINES_A_CHUNK) {
    let lines = '';
    for (let nth = from; nth < Math.min(count, from + LINES_A_CHUNK); nth += 1) {
      const { number, name, email, address, credit } = contactOf(nth, VERSIONS);
      const company = `01989a2e-6f3a-7c52-9d0f-${String(nth % 200).padStart(12, '0')}`;
      lines += `${[company, number, name, email, address.town, credit, VERSIONS, '2026-01-01T12:00:00Z'].join('\t')}\n`;
    }
    chunks.push(Buffer.from(lines));
  }
  return chunks;
}
