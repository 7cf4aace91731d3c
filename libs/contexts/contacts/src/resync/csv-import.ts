import type { Readable } from 'node:stream';
import type { ContactKind, ResyncScope } from '@samspill/contracts';
import { uuidv7, type CommandContext } from '@samspill/eventlog';
import { isRejection, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import { readContactsCsv, type ContactsCsv } from '../csv/contacts-csv.js';
import type { CsvMapping } from '../csv/mapping.js';
import { abandonResync } from './abandon-resync.js';
import { clearForgotten } from './clear-forgotten.js';
import { compare, type Comparison } from './comparison.js';
import { ForgottenRecords } from './forgotten-records.js';
import { previewSamples } from './preview-samples.js';
import { resyncDecider, resyncStream } from './resync.decider.js';
import { ResyncLock } from './resync-lock.js';
import type { ResyncDependencies } from './resync-run.js';
import {
  abandonedUploads,
  alongside,
  findWork,
  ONE_AT_A_TIME,
  openResync,
  reportReceived,
  type StagedFile,
} from './resync-work.js';
import { entriesOf, type StagedEntry } from './staged-entry.js';
import { stage } from './staging.js';
import { storableText } from './storable-text.js';

/** How often an upload says how many rows have come. */
const REPORT_EVERY_ROWS = 10_000;
/** How long a preview waits for the directory to show what was appended before: behind a large backlog it would show the past. */
const SETTLE_TIMEOUT_MS = 60_000;

/** How a file is to be read, and what it is for. */
export interface ImportRequest {
  /** What the rows are; by default the headings say it. */
  readonly kind?: ContactKind | undefined;
  readonly mapping?: CsvMapping | undefined;
  readonly fileName?: string | undefined;
  /** The import whose rejected rows come again, mended: it adds and changes only, and is read as that one was. */
  readonly amends?: string | undefined;
}

/** Takes in files of contacts as full snapshots of what they hold: receives them, compares them, and leaves them to be confirmed. */
export class CsvImport {
  constructor(private readonly dependencies: ResyncDependencies) {}

  /**
   * @returns id of the import, with its preview made; codes of rejections: those of {@link CompanyAccess} and of
   *   `readContactsCsv`, `import.open-exists`, `import.amended-not-found`, `import.empty`, `import.broken-off`
   */
  async receive(
    company: CompanyId,
    request: ImportRequest,
    source: Readable,
    context: CommandContext,
  ): Promise<string | Rejection> {
    try {
      return await this.#receive(company, request, source, context);
    } finally {
      // A request that is not read to its end holds its connection for ever: what is left of the file is let in and dropped.
      source.resume();
    }
  }

  async #receive(
    company: CompanyId,
    request: ImportRequest,
    source: Readable,
    context: CommandContext,
  ): Promise<string | Rejection> {
    const refusal = await this.dependencies.access.refusal(company);
    if (refusal) return refusal;
    const amended = await this.#amended(company, request);
    if (isRejection(amended)) return amended;
    const kind = request.kind ?? amended?.kind;
    const mapping = request.mapping ?? amended?.mapping;
    // Without the option, letting go of the rows would end the connection that the answer has to go through.
    const csv = await readContactsCsv(source.iterator({ destroyOnReturn: false }), { kind, mapping });
    if (isRejection(csv)) return csv;
    try {
      return await this.#receiveCsv(company, { ...request, kind, mapping }, csv, context);
    } finally {
      await csv.close();
    }
  }

  async #receiveCsv(
    company: CompanyId,
    asked: ImportRequest,
    csv: ContactsCsv,
    context: CommandContext,
  ): Promise<string | Rejection> {
    const id = uuidv7();
    const lock = await ResyncLock.take(this.dependencies.database, id);
    if (!lock) throw new Error(`resync ${id} is new, and is locked`);
    try {
      const started = await this.#start(id, company, asked, csv, context);
      if (isRejection(started)) return started;
      try {
        const refused = await this.#takeRows(id, company, asked, csv, lock, context);
        if (refused) await abandonResync(id, refused.detail, this.dependencies);
        return refused ?? id;
      } catch (error) {
        const reason = 'The file could not be received to its end. Send it again.';
        await abandonResync(id, reason, this.dependencies).catch(() => undefined); // the runner does it later
        throw error;
      }
    } finally {
      await lock.release();
    }
  }

  async #start(
    id: string,
    company: CompanyId,
    asked: ImportRequest,
    csv: ContactsCsv,
    context: CommandContext,
  ): Promise<undefined | Rejection> {
    const { eventLog, database } = this.dependencies;
    for (const other of await abandonedUploads(database, company)) {
      await abandonResync(other, 'The upload broke off, and another file was sent.', this.dependencies);
    }
    const { fileName, amends } = asked;
    const start = {
      source: 'csv' as const,
      ...(fileName === undefined ? {} : { fileName }),
      scopes: [...scopesOf(csv)],
      removes: amends === undefined ? ('all' as const) : ('none' as const),
      ...(amends === undefined ? {} : { amends }),
    };
    try {
      const outcome = await eventLog.transact(context, async (unit) => {
        const decided = await unit.decide(
          resyncDecider,
          { stream: resyncStream(id), key: company },
          { kind: 'start', start },
        );
        if (!isRejection(decided)) alongside.started(unit, id, company, fileOf(csv, asked));
        return decided;
      });
      return isRejection(outcome) ? outcome : undefined;
    } catch (error) {
      if (!(error instanceof Error && 'constraint' in error && error.constraint === ONE_AT_A_TIME))
        throw error;
      return anotherOpen(company, await openResync(database, company));
    }
  }

  /** Stages the rows, compares them and records the preview. @returns why the file cannot be taken */
  async #takeRows(
    id: string,
    company: CompanyId,
    asked: ImportRequest,
    csv: ContactsCsv,
    { client }: ResyncLock,
    context: CommandContext,
  ): Promise<Rejection | undefined> {
    const { eventLog, database } = this.dependencies;
    await eventLog.settled(company, ['contacts.forgotten'], SETTLE_TIMEOUT_MS);
    const forgotten = await ForgottenRecords.of(database, company);
    const reading = new Reading(csv, forgotten, async (rows) => {
      await reportReceived(database, id, rows);
    });
    const { bad } = await stage(client, id, reading.entries(), storableText(csv.numberHeading));
    if (reading.refusal) return reading.refusal;
    await eventLog.settled(
      company,
      ['contacts.directory', 'contacts.sync-report', 'contacts.forgotten'],
      SETTLE_TIMEOUT_MS,
    );
    // Who was forgotten while the rows were on their way here was looked for before they could be seen.
    await clearForgotten(database, company);
    const scopes = asked.amends === undefined ? scopesOf(csv) : [];
    const plan = await compare(client, {
      resync: id,
      company,
      kinds: csv.kinds,
      scopes,
      startedAt: context.now.toISOString(),
    });
    const samples = await previewSamples(client, id, company);
    const refused = await this.#recordPreview(
      id,
      company,
      plan,
      { rows: reading.rows, bad, file: fileOf(csv, asked), samples },
      context,
    );
    // The samples are names; they could not be seen before either.
    await eventLog.settled(company, ['contacts.forgotten'], SETTLE_TIMEOUT_MS);
    await clearForgotten(database, company);
    return refused;
  }

  async #recordPreview(
    id: string,
    company: CompanyId,
    { steps, preview, removals }: Comparison,
    {
      rows,
      bad,
      file,
      samples,
    }: Pick<Parameters<typeof alongside.received>[2], 'rows' | 'file' | 'samples'> & { readonly bad: number },
    context: CommandContext,
  ): Promise<Rejection | undefined> {
    const received = { rows, rejected: bad, preview: [...preview] };
    const outcome = await this.dependencies.eventLog.transact(
      { ...context, now: new Date() },
      async (unit) => {
        const decided = await unit.decide(
          resyncDecider,
          { stream: resyncStream(id), key: company },
          { kind: 'receive', received, removals },
        );
        if (!isRejection(decided)) alongside.received(unit, id, { file, rows, steps, samples });
        return decided;
      },
    );
    return isRejection(outcome) ? outcome : undefined;
  }

  async #amended(company: CompanyId, { amends }: ImportRequest): Promise<StagedFile | undefined | Rejection> {
    if (amends === undefined) return undefined;
    const work = await findWork(this.dependencies.database, amends);
    if (work?.company === company) return work.file;
    const detail = `There is no import ${amends} of this company whose rejected rows are still kept.`;
    return reject('import.amended-not-found', detail, [
      { pointer: '/query/amends', code: 'import.not-found', detail },
    ]);
  }
}

/** Reads a file's rows to its end, and knows then what it came to. */
class Reading {
  rows = 0;
  refusal: Rejection | undefined;

  constructor(
    private readonly csv: ContactsCsv,
    private readonly forgotten: ForgottenRecords,
    private readonly report: (rows: number) => Promise<void>,
  ) {}

  async *entries(): AsyncGenerator<StagedEntry> {
    for await (const row of this.csv.rows) {
      if (row.kind === 'broken-off') {
        const { line, fault } = row;
        const detail = `The file cannot be read from line ${line} on, so that what it seems to lack must not be removed: ${fault.detail}`;
        this.refusal = reject('import.broken-off', detail, [{ ...fault, pointer: `/${line}` }]);
        return;
      }
      yield* this.forgotten.leftOut(entriesOf(row, this.csv));
      this.rows += 1;
      if (this.rows % REPORT_EVERY_ROWS === 0) await this.report(this.rows);
    }
    if (this.rows === 0) {
      this.refusal = reject(
        'import.empty',
        'The file holds no rows below its headings: it would remove every record.',
      );
    }
  }
}

/** What the file speaks for: the kind of its rows, and the contact persons of those it holds persons of. */
function scopesOf({ kind, parents }: ContactsCsv): readonly ResyncScope[] {
  const persons = parents.map((parentKind): ResyncScope => ({ kind: 'contact-person', parentKind }));
  return kind === 'contact-person' ? persons : [{ kind }, ...persons];
}

function fileOf(
  { headings, separator, encoding, unused }: ContactsCsv,
  { kind, mapping }: ImportRequest,
): StagedFile {
  const asked = { ...(kind === undefined ? {} : { kind }), ...(mapping === undefined ? {} : { mapping }) };
  return {
    headings: headings.map(storableText),
    separator,
    encoding,
    unused: unused.map(storableText),
    ...asked,
  };
}

function anotherOpen(company: CompanyId, other: string | undefined): Rejection {
  const where = `/api/contacts/v1/companies/${company}/imports/${other ?? ''}`;
  return reject(
    'import.open-exists',
    `Another import of this company is under way: confirm, cancel or await it first. It is ${where}.`,
  );
}
