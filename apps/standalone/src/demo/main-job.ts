import type { ContactRecord } from '@samspill/contracts';
import { demoCompany, demoCsv, demoRecords, followSetUpGuide } from '@samspill/testing/demo';
import { pollUntil } from '../poll.js';
import { say, step } from '../say.js';
import type { DemoMark } from '../data-folder.js';
import { Api } from './api.js';

const CUSTOMERS = 320;
const SUPPLIERS = 110;
const PERSONS_PER_ORGANISATION = 1;
/** Edited and deleted afterwards, to have a history worth rebuilding. */
const EDITS = 12;
const DELETIONS = 5;
const SEED = 7;
const DIRECTORY = 'contacts.directory';

interface Company {
  readonly id: string;
}
interface Import {
  readonly id: string;
  readonly state: string;
}
interface Rows {
  readonly rows: number;
  readonly hash: string;
}
interface Rebuild {
  readonly id: string;
  readonly state: string;
  readonly failure?: string;
  readonly parts: readonly {
    readonly progress: { readonly eventsTotal: number; readonly rows: number };
    readonly result?: { readonly switchMs?: number };
  }[];
}

/**
 * Does what Samspill is for on a demo company, through the public API alone: register, switch on, import, edit, delete, find,
 * rebuild from the log and prove the rows the same. Done again after it was broken off, it goes on where it was.
 */
export async function doMainJob(base: string): Promise<DemoMark> {
  const api = new Api(base);
  const records = [
    ...demoRecords({
      seed: SEED,
      customers: CUSTOMERS,
      suppliers: SUPPLIERS,
      contactPersonsPerParent: PERSONS_PER_ORGANISATION,
    }),
  ];
  const company = await registerCompanies(api);
  await importFiles(api, company.company, records);
  await editAndDelete(api, company.company, records);
  await find(api, company.company, records);
  await rebuildAndProve(api);
  return company;
}

async function registerCompanies(api: Api): Promise<DemoMark> {
  const form = demoCompany(SEED);
  const company = await step(
    () => register(api, form),
    () => `Registered the demo company «${form.name}», organisation number ${form.organisationNumber}`,
  );
  const own = await register(api, { ...demoCompany(SEED + 1), name: 'Din bedrift AS' });
  await step(
    async () => {
      for (const { id } of [company, own]) {
        await followSetUpGuide((method, path, body) => api.call(method, path, body), id);
        await pollUntil(`synchronisation of ${id} to be on`, async () => {
          const status = await api
            .get<{ enabled: boolean }>(`/api/contacts/v1/companies/${id}/sync-status`)
            .catch(() => undefined);
          return status?.enabled === true ? status : undefined;
        });
      }
    },
    () =>
      'Followed the set-up guide: licence, gateway, role. Switched synchronisation of contacts on; contacts-sync heard of it over the log',
  );
  return { company: company.id, ownCompany: own.id };
}

/** Registering the same company under the same id again answers with what is there. */
async function register(api: Api, form: ReturnType<typeof demoCompany>): Promise<Company> {
  const id = `00000000-0000-7000-8000-000${form.organisationNumber}`;
  return await api.post<Company>('/api/identity/v1/companies', { id, ...form });
}

async function importFiles(api: Api, company: string, records: readonly ContactRecord[]): Promise<void> {
  for (const [kind, name] of [
    ['customer', 'kunder.csv'],
    ['supplier', 'leverandorer.csv'],
    ['contact-person', 'kontaktpersoner.csv'],
  ] as const) {
    const csv = [...demoCsv(kind, records)].join('');
    const count = records.filter((record) => record.kind === kind).length;
    await step(
      async () => {
        const path = `/api/contacts/v1/companies/${company}/imports`;
        // Some removals are meant when this is done again after the deletions below were made.
        const started = await api.send<Import>(`${path}?fileName=${name}&confirm=true`, 'text/csv', csv);
        await pollUntil(`the import of ${name}`, async () => {
          const now = await api.get<Import>(`${path}/${started.id}`);
          return now.state === 'completed' ? now : undefined;
        });
      },
      () => `Imported ${name}: ${count} ${kind.replace('-', ' ')}s, previewed and confirmed`,
    );
  }
}

async function editAndDelete(api: Api, company: string, records: readonly ContactRecord[]): Promise<void> {
  const customers = records.filter((record) => record.kind === 'customer');
  const edited = customers
    .slice(0, EDITS)
    .map((record) => ({ ...record, name: `${record.name} (nytt navn)`, notes: 'Endret i ERP-et' }));
  const gone = records.filter((record) => record.kind === 'contact-person').slice(-DELETIONS);
  const lines = [
    ...edited.map((record) => ({ op: 'put', kind: record.kind, record })),
    ...gone.map(({ kind, number }) => ({ op: 'delete', kind, number })),
  ].map((change) => JSON.stringify(change));
  await step(
    async () => {
      const incarnation = Date.now().toString(36);
      const path = `/api/contacts/v1/companies/${company}/changes?agent=demo&incarnation=${incarnation}&sequence=1`;
      const answer = await api.send<{ changed: number }>(
        path,
        'application/x-ndjson',
        `${lines.join('\n')}\n`,
      );
      const last = edited.at(-1);
      if (answer.changed > 0 && last) {
        await pollUntil('the edit to be visible', async () => {
          const found = await api.get<{ name: string }>(
            `/api/contacts/v1/companies/${company}/contacts/customer/${last.number}`,
          );
          return found.name === last.name ? found : undefined;
        });
      }
    },
    () =>
      `Edited ${edited.length} customers and deleted ${gone.length} contact persons, as the ERP's agent would; visible in the directory`,
  );
}

async function find(api: Api, company: string, records: readonly ContactRecord[]): Promise<void> {
  const query = searchWord(records);
  await step(
    () =>
      api.get<{ contacts: readonly unknown[] }>(
        `/api/contacts/v1/companies/${company}/contacts?q=${encodeURIComponent(query)}`,
      ),
    ({ contacts }) => `Searched the directory for «${query}»: ${contacts.length} on the first page`,
  );
}

/** A family name that is in the demo data, for a search with something to show. */
export function searchWord(records: readonly ContactRecord[]): string {
  return (
    records
      .find((record) => record.kind === 'contact-person')
      ?.name.split(' ')
      .at(-1) ?? 'as'
  );
}

async function rebuildAndProve(api: Api): Promise<void> {
  const before = await directoryRows(api);
  const rebuilt = await step(
    async () => {
      const { id } = await api.post<Rebuild>('/api/contacts/v1/operations/rebuilds', {
        scope: { kind: 'projection', projection: DIRECTORY },
        reason: 'to show that the log gives the same rows',
      });
      return await pollUntil('the rebuild', async () => {
        const now = await api.get<Rebuild>(`/api/contacts/v1/operations/rebuilds/${id}`);
        if (['failed', 'cancelled', 'ready'].includes(now.state))
          throw new Error(`The rebuild is ${now.state}: ${now.failure ?? 'no reason was given'}`);
        return now.state === 'done' ? now.parts[0] : undefined;
      });
    },
    ({ progress, result }) =>
      `Rebuilt the contact directory from ${progress.eventsTotal} events on the log, beside the live one; the switch took ${Math.round(result?.switchMs ?? 0)} ms`,
  );
  const after = await directoryRows(api);
  if (before.rows !== after.rows || before.hash !== after.hash) {
    throw new Error(
      `The rebuilt directory differs: ${before.rows} rows (${before.hash}) before, ${after.rows} (${after.hash}) after.`,
    );
  }
  say(`  ✓ Proved it the same: ${rebuilt.progress.rows} rows before and after, hash ${after.hash}`);
}

async function directoryRows(api: Api): Promise<Rows> {
  const status = await api.get<{ projectionRows: readonly (Rows & { name: string })[] }>(
    '/api/contacts/v1/operations/status?verify=true',
  );
  const rows = status.projectionRows.find(({ name }) => name === DIRECTORY);
  if (!rows) throw new Error(`${DIRECTORY} is not among the projections.`);
  return rows;
}
