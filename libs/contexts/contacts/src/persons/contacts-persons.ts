import { CONTACT_KINDS, isContactKind } from '@samspill/contracts';
import type { CommandContext, Database, EventLog } from '@samspill/eventlog';
import { isRejection, PlatformError, reject, type CompanyId, type Rejection } from '@samspill/kernel';
import {
  noSuchKind,
  type FoundPerson,
  type KeptData,
  type PersonClues,
  type PersonErased,
  type PersonFindings,
  type PersonLifted,
  type PersonRecord,
  type PersonRequests,
  type PersonSelection,
} from '@samspill/platform';
import type { CompanyAccess } from '../company/company-access.js';
import { RecordDesk, type RecordReference } from '../intake/record-desk.js';
import { clearForgotten } from '../resync/clear-forgotten.js';
import { findCandidates } from './candidates.js';
import { fieldName, fieldTexts } from './field-text.js';
import { isKnown, keptOf } from './kept-of-record.js';
import { PersonMatcher } from './person-matcher.js';

/** Read tables that show people; rows of the forgotten are gone from them when they have caught up. */
const SHOWING_PEOPLE = ['contacts.directory', 'contacts.sync-report', 'contacts.forgotten'];
/** How long a request waits for that. Behind a large import it may take longer, and the answer says so. */
const SETTLE_TIMEOUT_MS = 20_000;

const KEEPS: readonly KeptData[] = [
  {
    what: 'Customers, suppliers and contact persons, as the ERP has them and had them before',
    note: 'Searched, also those that were deleted, and what they said before. Forgotten with the record.',
  },
  {
    what: 'Changes that were refused (the sync report)',
    note: 'Searched, also those that do not stand any more. Forgotten with the record that they are about.',
  },
  {
    what: 'Rows of imports: while one waits or runs, and its rejected rows for 30 days',
    note: 'Searched. Cleared with the record that they are about.',
  },
];

const REMAINS: PersonErased['remains'] = [
  {
    what: 'The number of each record, in the names of its events',
    why: 'It is what a change that the ERP sends again is refused by.',
  },
  {
    what: 'The ERP’s own data, files that were downloaded, and backups from before',
    why: 'They are out of this service’s reach. A database that is put back from a backup forgets again as soon as it has read the log.',
  },
];

export interface ContactsPersonsDependencies {
  readonly eventLog: Pick<EventLog, 'transact' | 'settled'>;
  readonly database: Database;
  readonly access: CompanyAccess;
}

/** What contacts answers when an administrator asks for a person. */
export class ContactsPersons implements PersonRequests {
  readonly areOf = 'company';

  constructor(private readonly dependencies: ContactsPersonsDependencies) {}

  async find(text: string, clues: PersonClues, context: CommandContext): Promise<PersonFindings | Rejection> {
    const { eventLog, database, access } = this.dependencies;
    const company = await access.registered(text);
    if (isRejection(company)) return company;
    const references = referencesOf(clues.records ?? []);
    if (isRejection(references)) return references;
    const { candidates, isCut } = await findCandidates(this.dependencies, company, clues, context);
    const found = await eventLog.transact(context, async (unit) => {
      const kept: FoundPerson[] = [];
      for (const candidate of candidates) kept.push(await keptOf(unit, database, company, candidate));
      return kept;
    });
    return { keeps: KEEPS, found: found.filter(isKnown), isCut };
  }

  async erase(
    text: string,
    { records, reason, isDryRun }: PersonSelection & { readonly isDryRun: boolean },
    context: CommandContext,
  ): Promise<PersonErased | Rejection> {
    const company = await this.dependencies.access.registered(text);
    if (isRejection(company)) return company;
    const references = referencesOf(records);
    if (isRejection(references)) return references;
    const outcomes = await this.dependencies.eventLog.transact(context, async (unit) => {
      const desk = await RecordDesk.open(unit, company, references);
      if (references.some((reference) => names(reason, desk.known(reference)))) return reasonNames();
      return references.map((reference) => ({
        ...reference,
        outcome: isDryRun ? wouldBe(desk, reference) : desk.forget(reference, reason),
      }));
    });
    if (isRejection(outcomes)) return outcomes;
    const waitsFor = isDryRun ? undefined : await this.#clear(company);
    return {
      isDryRun,
      records: outcomes,
      remains: REMAINS,
      ...(waitsFor !== undefined && { waitsFor }),
    };
  }

  async lift(
    text: string,
    { records, reason }: PersonSelection,
    context: CommandContext,
  ): Promise<PersonLifted | Rejection> {
    const company = await this.dependencies.access.registered(text);
    if (isRejection(company)) return company;
    const references = referencesOf(records);
    if (isRejection(references)) return references;
    return await this.dependencies.eventLog.transact(context, async (unit) => {
      const desk = await RecordDesk.open(unit, company, references);
      return {
        records: references.map((reference) => ({ ...reference, outcome: desk.lift(reference, reason) })),
      };
    });
  }

  /** What is killed or waits here, the projections and the runner of imports do by themselves. @returns what it waits for */
  async #clear(company: CompanyId): Promise<string | undefined> {
    const { eventLog, database } = this.dependencies;
    try {
      await eventLog.settled(company, SHOWING_PEOPLE, SETTLE_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof PlatformError && error.code === 'eventlog.not-settled')) throw error;
      return `Projections are behind (${error.message}). Rows are gone when they have caught up, by themselves.`;
    }
    await clearForgotten(database, company);
    return undefined;
  }
}

/** Each once; or every one that is of no kind that contacts has. */
function referencesOf(records: readonly PersonRecord[]): readonly RecordReference[] | Rejection {
  const references = new Map<string, RecordReference>();
  for (const { kind, reference } of records) {
    if (!isContactKind(kind)) return noSuchKind('contacts', CONTACT_KINDS, records);
    references.set(`${kind}/${reference}`, { kind, reference });
  }
  return [...references.values()];
}

function wouldBe(desk: RecordDesk, reference: RecordReference): 'forgotten-before' | 'would-be-forgotten' {
  return desk.isForgotten(reference) ? 'forgotten-before' : 'would-be-forgotten';
}

/** Whether a reason says who it is about: it is kept for ever, beside the person that must not be. */
function names(reason: string, known: readonly object[]): boolean {
  const texts = fieldTexts(known);
  const value = (...fields: readonly string[]): readonly string[] =>
    texts.filter(({ field }) => fields.includes(fieldName(field))).map(({ text }) => text);
  const clues = [
    ...value('name').map((name) => ({ name })),
    ...value('email').map((email) => ({ email })),
    ...value('phone', 'mobile', 'fax').map((phone) => ({ phone })),
  ];
  return clues.some(
    (clue) => new PersonMatcher(clue).matches([{ field: '/reason', text: reason }]).length > 0,
  );
}

function reasonNames(): Rejection {
  const detail =
    'The reason is kept for ever, so it must not say who is forgotten: give the number of a case.';
  return reject('person.reason-names-them', detail, [
    { pointer: '/reason', code: 'reason.personal', detail },
  ]);
}
