import { isDeepStrictEqual } from 'node:util';
import { waitFor } from '@samspill/testing';
import { followSetUpGuide } from '@samspill/testing/demo';
import { z } from 'zod';
import * as answers from './answers.js';
import type {
  BatchAnswer,
  DirectoryRecord,
  ImportView,
  Rebuild,
  ReportEntry,
  RetryResult,
  SyncStatus,
} from './answers.js';
import { read, type Answer, type HttpApi, type Method } from './http-api.js';

const COMPANIES = '/api/identity/v1/companies';
const OPERATIONS = '/api/contacts/v1/operations';
const DIRECTORY = 'contacts.directory';
const PAGE = 100;

/** Long enough for an import of tens of thousands of rows on a busy machine. */
const IMPORT_TIMEOUT_MS = 240_000;
/** To read it whole is work for the service that is waited for. */
const WHOLE_READ_EVERY_MS = 500;

/** A change as an ERP's agent sends it. */
export type Change =
  | { readonly op: 'put'; readonly kind: string; readonly record: Readonly<Record<string, unknown>> }
  | { readonly op: 'delete'; readonly kind: string; readonly number: string };

export interface ImportOptions {
  readonly fileName?: string;
  readonly amends?: string;
  readonly confirm?: boolean;
}

export interface RegistrationForm {
  readonly name: string;
  readonly organisationNumber: string;
  readonly country: string;
  readonly address: object;
}

/** One company, as its people, its ERP's agent and an operator see it through the public API. */
export class CompanyContacts {
  readonly #contacts: string;

  constructor(
    readonly api: HttpApi,
    readonly id: string,
  ) {
    this.#contacts = `/api/contacts/v1/companies/${id}`;
  }

  static async register(api: HttpApi, form: RegistrationForm): Promise<CompanyContacts> {
    const { id } = read(await api.callJson('POST', COMPANIES, form), answers.company);
    return new CompanyContacts(api, id);
  }

  /** Registered, and its synchronisation on, also as contacts-sync has heard of it. */
  static async registerAndSwitchOn(api: HttpApi, form: RegistrationForm): Promise<CompanyContacts> {
    const company = await CompanyContacts.register(api, form);
    await company.switchSynchronisation(true);
    return company;
  }

  /** On with every step that has to be done before (C25). Resolves when contacts-sync has heard of it. */
  async switchSynchronisation(enabled: boolean): Promise<void> {
    const ask = async (method: Method, path: string, body?: object): Promise<unknown> =>
      read(await this.api.callJson(method, path, body), z.unknown());
    if (enabled) await followSetUpGuide(ask, this.id);
    else await ask('PUT', `${COMPANIES}/${this.id}/synchronisation/contacts`, { enabled });
    await waitFor(async () => (await this.syncStatus()).enabled === enabled, {
      describe: `synchronisation of ${this.id} to be ${enabled ? 'on' : 'off'}`,
    });
  }

  async sendCsv(csv: string, { confirm = false, ...query }: ImportOptions = {}): Promise<Answer> {
    const parameters = new URLSearchParams({ ...query, ...(confirm ? { confirm: 'true' } : {}) });
    const path = `${this.#contacts}/imports?${parameters.toString()}`;
    return await this.api.call('POST', path, { type: 'text/csv', content: csv });
  }

  /** Received and previewed; nothing is done yet. */
  async previewImport(csv: string, options: ImportOptions = {}): Promise<ImportView> {
    return read(await this.sendCsv(csv, options), answers.importView);
  }

  async confirmImport(id: string, removals?: number): Promise<Answer> {
    return await this.api.callJson(
      'POST',
      `${this.#contacts}/imports/${id}/confirm`,
      removals === undefined ? {} : { removals },
    );
  }

  async import(id: string): Promise<ImportView> {
    return await this.api.get(`${this.#contacts}/imports/${id}`, answers.importView);
  }

  async imports(): Promise<readonly ImportView[]> {
    return (await this.api.get(`${this.#contacts}/imports`, answers.importPage)).imports;
  }

  async completedImport(id: string): Promise<ImportView> {
    return await waitFor(
      async () => {
        const now = await this.import(id);
        return now.state === 'completed' ? now : undefined;
      },
      { describe: `the import ${id} to be completed`, timeoutMs: IMPORT_TIMEOUT_MS },
    );
  }

  /** Previewed, confirmed with the removals that the preview says, and done. */
  async importToTheEnd(csv: string, options: ImportOptions = {}): Promise<ImportView> {
    const { id, removals } = await this.previewImport(csv, options);
    read(await this.confirmImport(id, removals), answers.importView);
    return await this.completedImport(id);
  }

  async rejectedRows(importId: string): Promise<string> {
    return (await this.api.call('GET', `${this.#contacts}/imports/${importId}/rejected.csv`)).text;
  }

  async sendBatch(incarnation: string, sequence: number, changes: readonly Change[]): Promise<Answer> {
    const query = `agent=e2e&incarnation=${incarnation}&sequence=${sequence}`;
    const content = changes.map((change) => `${JSON.stringify(change)}\n`).join('');
    return await this.api.call('POST', `${this.#contacts}/changes?${query}`, {
      type: 'application/x-ndjson',
      content,
    });
  }

  async takeBatch(incarnation: string, sequence: number, changes: readonly Change[]): Promise<BatchAnswer> {
    return read(await this.sendBatch(incarnation, sequence, changes), answers.batchAnswer);
  }

  async syncStatus(): Promise<SyncStatus> {
    return await this.api.get(`${this.#contacts}/sync-status`, answers.syncStatus);
  }

  /** All of it. */
  async syncReport(): Promise<readonly ReportEntry[]> {
    const entries: ReportEntry[] = [];
    for (let cursor = ''; ;) {
      const page = await this.api.get(`${this.#contacts}/sync-report?limit=200${cursor}`, answers.reportPage);
      entries.push(...page.entries);
      if (page.next === undefined) return entries;
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
  }

  async retry(
    what: { readonly all: true } | { readonly records: readonly { kind: string; reference: string }[] },
  ): Promise<RetryResult> {
    return read(
      await this.api.callJson('POST', `${this.#contacts}/sync-report/retry`, what),
      answers.retryResult,
    );
  }

  /** What a search finds, first page. */
  async search(query: string, kind?: string): Promise<readonly DirectoryRecord[]> {
    const parameters = new URLSearchParams({
      q: query,
      limit: String(PAGE),
      ...(kind === undefined ? {} : { kind }),
    });
    const page = await this.api.get(
      `${this.#contacts}/contacts?${parameters.toString()}`,
      answers.contactPage,
    );
    return page.contacts;
  }

  /** Every record of the directory, page by page, as `kind/number` → record. @throws Error when one comes twice */
  async directory(): Promise<ReadonlyMap<string, DirectoryRecord>> {
    const found = new Map<string, DirectoryRecord>();
    for (let cursor = ''; ;) {
      const page = await this.api.get(
        `${this.#contacts}/contacts?limit=${PAGE}${cursor}`,
        answers.contactPage,
      );
      for (const shown of page.contacts) {
        const key = `${shown.kind}/${shown.number}`;
        if (found.has(key)) throw new Error(`${key} is in the directory twice`);
        found.set(key, shown.record);
      }
      if (page.next === undefined) return found;
      cursor = `&cursor=${encodeURIComponent(page.next)}`;
    }
  }

  /** Waits until the directory holds exactly these records. @throws Error naming what differs */
  async directoryIs(expected: Iterable<Readonly<Record<string, unknown>>>): Promise<void> {
    const wanted = new Map(
      [...expected].map((one) => [`${String(one['kind'])}/${String(one['number'])}`, one]),
    );
    let last: readonly string[] = [];
    try {
      await waitFor(
        async () => {
          last = differences(wanted, await this.directory());
          return last.length === 0;
        },
        { describe: 'the directory', intervalMs: WHOLE_READ_EVERY_MS },
      );
    } catch (error) {
      throw new Error(`${last.length} records differ: ${last.slice(0, 5).join('\n')}`, { cause: error });
    }
  }

  /** Count and hash of the read table of the directory, all companies, once every event is on the log. */
  async fingerprint(): Promise<{ readonly rows: number; readonly hash: string }> {
    return await waitFor(
      async () => {
        const { projectionRows, unpublished } = await this.api.get(
          `${OPERATIONS}/status?verify=true`,
          answers.operationsStatus,
        );
        const found = projectionRows.find(({ name }) => name === DIRECTORY);
        return unpublished.count === 0 && found ? { rows: found.rows, hash: found.hash } : undefined;
      },
      { describe: 'everything to be published' },
    );
  }

  async startRebuild(): Promise<string> {
    return read(
      await this.api.callJson('POST', `${OPERATIONS}/rebuilds`, {
        scope: { kind: 'projection', projection: DIRECTORY },
        reason: 'a test',
      }),
      answers.rebuild,
    ).id;
  }

  async rebuild(id: string): Promise<Rebuild> {
    return await this.api.get(`${OPERATIONS}/rebuilds/${id}`, answers.rebuild);
  }

  async rebuildToTheEnd(): Promise<void> {
    await this.rebuilt(await this.startRebuild());
  }

  /** Waits for the end of a rebuild, whichever process brings it there. */
  async rebuilt(id: string): Promise<void> {
    const ended = await waitFor(
      async () => {
        const now = await this.rebuild(id);
        return now.state === 'running' || now.state === 'waiting' ? undefined : now;
      },
      { describe: 'the rebuild', timeoutMs: IMPORT_TIMEOUT_MS },
    );
    if (ended.state !== 'done') throw new Error(`the rebuild is ${ended.state}: ${ended.failure ?? ''}`);
  }
}

function differences(
  wanted: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
  found: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): readonly string[] {
  const said: string[] = [];
  for (const [key, record] of wanted) {
    const shown = found.get(key);
    if (shown === undefined) said.push(`${key} is missing`);
    else if (!isDeepStrictEqual(shown, record))
      said.push(`${key} is ${JSON.stringify(shown)} instead of ${JSON.stringify(record)}`);
  }
  for (const key of found.keys()) if (!wanted.has(key)) said.push(`${key} is there, and should not be`);
  return said;
}
