import { Readable } from 'node:stream';
import { demoCsv, demoRecords } from '@samspill/testing/demo';
import type { CompanyId } from '@samspill/kernel';
import { waitFor } from '@samspill/testing';
import type { Stage } from './stage.js';

const IMPORT_WITHIN_MS = 20 * 60_000;

/** Imports a file of customers, streamed as it is written; resolves with the time it took until applied. */
export async function importCsv(stage: Stage, company: CompanyId, rows: number): Promise<number> {
  const imports = `${stage.contactsUrl}/api/contacts/v1/companies/${company}/imports`;
  const csv = demoCsv(
    'customer',
    demoRecords({ seed: 99, customers: rows, suppliers: 0, contactPersonsPerParent: 0 }),
  );
  const startedMs = performance.now();
  const response = await fetch(`${imports}?fileName=bench.csv&confirm=true`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: Readable.toWeb(Readable.from(csv)),
    duplex: 'half',
  });
  const answer = (await response.json()) as { id?: string };
  if (!response.ok || answer.id === undefined)
    throw new Error(`the import was answered ${response.status}: ${JSON.stringify(answer)}`);
  await waitFor(
    async () => {
      const now = (await (await fetch(`${imports}/${answer.id ?? ''}`)).json()) as { state: string };
      return now.state === 'completed';
    },
    { timeoutMs: IMPORT_WITHIN_MS, describe: `the import of ${rows} rows` },
  );
  return performance.now() - startedMs;
}
